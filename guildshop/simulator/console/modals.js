/** Modals that the bot opens, with their checks; they close when the bot has taken them. */

import { api } from "./api.js";
import { fill, h, iconButton, uniqueId } from "./dom.js";
import { markdownBlock } from "./markdown.js";
import { submitModal } from "./interactions.js";
import { Select } from "./selects.js";
import { state } from "./state.js";

/** Open a modal. */
export function openModal(modal) {
  const heading = uniqueId("modal");
  const fields = [];
  const body = h("div", { class: "modal-body" }, (modal.components ?? []).map((component) => drawTop(component, fields)));
  const error = h("p", { class: "form-error", role: "alert" });
  const submit = h("button", { type: "submit", class: "button button-primary" }, "Submit");
  const cancel = h("button", { type: "button", class: "button button-quiet", onclick: () => dialog.close() }, "Cancel");
  const form = h("form", { novalidate: true, class: "modal-form" }, body, error, h("footer", { class: "modal-footer" }, cancel, submit));
  const dialog = h(
    "dialog",
    { class: "modal", "aria-labelledby": heading },
    h("header", { class: "modal-head" }, h("h2", { id: heading }, modal.title), iconButton("close", "Close", () => dialog.close())),
    h("p", { class: "modal-from" }, `This form comes from ${state.application?.name ?? "the bot"}. Do not share passwords.`),
    form,
  );
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (submit.getAttribute("aria-busy")) return;
    fill(error);
    if (!allGood(fields)) return;
    setBusy(submit, true);
    const reason = await submitModal(modal, answer(modal.components ?? [], fields));
    setBusy(submit, false);
    if (reason) fill(error, `Something went wrong: ${reason}. Try again.`);
    else dialog.close();
  });
  const opener = document.activeElement;
  dialog.addEventListener("close", () => {
    dialog.remove();
    if (opener?.isConnected) opener.focus({ preventScroll: true });
  });
  document.body.append(dialog);
  dialog.showModal();
  (dialog.querySelector("input, textarea, .select") ?? submit).focus();
}

/** Close whatever modal is open, as when another person takes over. */
export function closeModals() {
  for (const dialog of document.querySelectorAll("dialog.modal")) dialog.close();
}

function setBusy(button, busy) {
  button.classList.toggle("busy", busy);
  if (busy) button.setAttribute("aria-busy", "true");
  else button.removeAttribute("aria-busy");
}

/** Show each field's problem under it and go to the first one. */
function allGood(fields) {
  const bad = fields.filter((field) => field.show(field.problem()));
  bad[0]?.focus();
  return !bad.length;
}

function drawTop(component, fields) {
  if (component.type === 10) return markdownBlock(component.content);
  if (component.type === 1) return (component.components ?? []).map((inner) => labelled(inner, inner.label, null, fields));
  if (component.type === 18) return labelled(component.component, component.label, component.description, fields);
  return h("p", { class: "unsupported" }, `A component of type ${component.type}, which this console does not draw.`);
}

function labelled(component, label, description, fields) {
  const make = FIELDS[component.type];
  if (!make) return h("p", { class: "unsupported" }, `A component of type ${component.type}, which this console does not draw.`);
  const id = uniqueId("field");
  const name = label ?? "Field";
  const required = component.required ?? component.type !== 23;
  const problem = h("p", { class: "field-error", id: `${id}-error`, role: "alert" });
  const field = make(component, { id, label: name, required, describedBy: `${id}-help ${id}-error` });
  fields.push({
    component,
    values: field.values,
    focus: field.focus,
    problem: () => field.problem(),
    show: (text) => {
      fill(problem, text ?? "");
      box.classList.toggle("invalid", Boolean(text));
      return Boolean(text);
    },
  });
  const tag = field.group ? "div" : "label";
  const box = h(
    "div",
    { class: "field" },
    h(tag, { class: "field-label", for: field.group ? null : id, id: `${id}-label` }, name, required && h("span", { class: "required-mark", "aria-hidden": "true" }, " *")),
    h("p", { class: "field-help", id: `${id}-help` }, description ?? ""),
    field.element,
    field.counter,
    problem,
  );
  return box;
}

const FIELDS = { 3: selectField, 4: textField, 5: selectField, 6: selectField, 7: selectField, 8: selectField, 19: fileField, 21: radioField, 22: checkboxesField, 23: checkboxField };

function textField(component, { id, label, required, describedBy }) {
  const paragraph = component.style === 2;
  const max = component.max_length ?? 4000;
  const min = component.min_length ?? 0;
  const input = h(paragraph ? "textarea" : "input", {
    id,
    class: "field-input",
    type: paragraph ? null : "text",
    rows: paragraph ? "4" : null,
    placeholder: component.placeholder,
    "aria-required": required ? "true" : null,
    "aria-describedby": describedBy,
    autocomplete: "off",
  });
  input.value = component.value ?? "";
  const counter = h("span", { class: "field-counter", "aria-hidden": "true" });
  const count = () => fill(counter, component.max_length ? `${[...input.value].length} / ${max}` : "");
  input.addEventListener("input", count);
  count();
  const problem = () => {
    const length = [...input.value.trim()].length;
    if (!length) return required ? `"${label}" is required: fill it in.` : null;
    if (length < min) return `"${label}" needs at least ${min} characters; it has ${length}.`;
    if (length > max) return `"${label}" may have at most ${max} characters; it has ${length}.`;
    return null;
  };
  return { element: input, counter, problem, focus: () => input.focus(), values: () => ({ value: input.value }) };
}

function selectField(component, { id, label, required }) {
  const select = new Select({ ...component, required }, { label, inModal: true });
  select.button.id = id;
  const problem = () => {
    const count = select.values.length;
    if (!count) return required ? `"${label}" is required: choose something.` : null;
    const min = component.min_values ?? 1;
    return count < min ? `"${label}" needs at least ${min} choices; it has ${count}.` : null;
  };
  return { element: select.element, problem, focus: () => select.button.focus(), values: () => ({ values: select.values }), group: true };
}

function fileField(component, { id, label, required, describedBy }) {
  let uploaded = [];
  let uploading = false;
  let failure = null;
  const max = component.max_values ?? 1;
  const list = h("p", { class: "field-help" });
  const input = h("input", { id, type: "file", class: "field-file", multiple: max > 1, "aria-describedby": describedBy });
  input.addEventListener("change", async () => {
    uploading = true;
    failure = null;
    fill(list, "Uploading…");
    try {
      uploaded = await Promise.all([...input.files].slice(0, max).map((file) => api.upload(file)));
    } catch (error) {
      uploaded = [];
      failure = error.message;
    }
    uploading = false;
    fill(list, uploaded.map((attachment) => attachment.filename).join(", "));
  });
  const problem = () => {
    if (uploading) return `"${label}" is still being uploaded; wait a moment.`;
    if (failure) return failure;
    const min = required ? (component.min_values ?? 1) : 0;
    return uploaded.length < min ? `"${label}" needs ${min} file${min > 1 ? "s" : ""}: choose one.` : null;
  };
  return { element: h("div", {}, input, list), problem, focus: () => input.focus(), values: () => ({ values: uploaded.map((attachment) => attachment.id) }) };
}

function optionRows(component, type, id) {
  return (component.options ?? []).map((option) => {
    const input = h("input", { type, name: id, value: option.value });
    input.checked = Boolean(option.default);
    return { input, row: h("label", { class: "check-row" }, input, h("span", {}, option.label, option.description && h("small", {}, option.description))) };
  });
}

function optionGroup(component, type, { id, label, required }) {
  const rows = optionRows(component, type, id);
  const chosen = () => rows.filter(({ input }) => input.checked).map(({ input }) => input.value);
  const element = h("div", { id, class: "check-group", role: type === "radio" ? "radiogroup" : "group", "aria-label": label }, rows.map(({ row }) => row));
  const min = required ? (component.min_values ?? 1) : 0;
  const max = component.max_values ?? rows.length;
  const problem = () => {
    const count = chosen().length;
    if (count < min) return `"${label}" needs at least ${min} choice${min > 1 ? "s" : ""}; it has ${count}.`;
    return count > max ? `"${label}" may have at most ${max} choices; it has ${count}.` : null;
  };
  return { element, problem, chosen, focus: () => rows[0]?.input.focus(), group: true };
}

function radioField(component, context) {
  const group = optionGroup(component, "radio", context);
  return { ...group, values: () => ({ value: group.chosen()[0] ?? null }) };
}

function checkboxesField(component, context) {
  const group = optionGroup(component, "checkbox", context);
  return { ...group, values: () => ({ values: group.chosen() }) };
}

function checkboxField(component, { id }) {
  const input = h("input", { id, type: "checkbox", class: "field-checkbox" });
  input.checked = Boolean(component.default);
  return { element: input, problem: () => null, focus: () => input.focus(), values: () => ({ value: input.checked }) };
}

/** The submission's components, in the shape in which they came. */
function answer(components, fields) {
  const valuesOf = (component) => {
    const field = fields.find((other) => other.component === component);
    return { type: component.type, ...idOf(component), custom_id: component.custom_id, ...field?.values() };
  };
  return components.map((component) => {
    if (component.type === 1) return { type: 1, ...idOf(component), components: component.components.map(valuesOf) };
    if (component.type === 18) return { type: 18, ...idOf(component), component: valuesOf(component.component) };
    return { type: component.type, ...idOf(component) };
  });
}

function idOf(component) {
  return component.id === undefined || component.id === null ? {} : { id: component.id };
}
