/** The box at the bottom: plain messages with files, and the way into commands. */

import { api } from "./api.js";
import { fill, h, icon, iconButton, toast } from "./dom.js";
import { fileSize } from "./format.js";
import { CommandForm } from "./command_form.js";
import { CommandPicker, commandEntries } from "./command_picker.js";
import { state } from "./state.js";

const MAX_LENGTH = 2000;

/** Make the box; `startCommand(name, values)` on the result opens a command in it. */
export class Composer {
  constructor() {
    this.files = [];
    this.form = null;
    this.input = h("textarea", {
      id: "composer",
      rows: "1",
      class: "composer-input",
      "aria-autocomplete": "list",
      "aria-haspopup": "listbox",
      autocomplete: "off",
      spellcheck: "false",
      oninput: () => this.typed(),
      onkeydown: (event) => this.key(event),
      onpaste: (event) => this.addFiles([...(event.clipboardData?.files ?? [])]),
      onblur: () => this.picker.hide(),
      onfocus: () => this.typed(),
    });
    this.picker = new CommandPicker(this.input, (entry) => this.openForm(entry));
    this.filePicker = h("input", { type: "file", multiple: true, class: "visually-hidden", tabindex: "-1", "aria-label": "Files to attach" });
    this.filePicker.addEventListener("change", () => this.addFiles([...this.filePicker.files]));
    this.fileRow = h("div", { class: "composer-files" });
    this.sendButton = iconButton("send", "Send message", () => this.send(), { class: "send-button" });
    this.plain = h(
      "div",
      { class: "composer-row" },
      iconButton("clip", "Attach files", () => this.filePicker.click()),
      iconButton("slash", "Commands", () => this.beginSlash()),
      this.input,
      this.sendButton,
      this.filePicker,
    );
    this.slot = h("div", { class: "composer-slot" }, this.plain);
    this.note = h("p", { class: "composer-note", role: "status" });
    this.element = h("section", { id: "write", class: "composer", "aria-label": "Write" }, this.picker.element, this.fileRow, this.slot, this.note);
    this.element.addEventListener("dragover", (event) => event.preventDefault());
    this.element.addEventListener("drop", (event) => {
      event.preventDefault();
      this.addFiles([...event.dataTransfer.files]);
    });
    state.on(["selection", "ready"], () => this.reset());
    state.on(["bot", "ready"], () => this.showBotState());
    state.on("commands", () => this.input === document.activeElement && this.typed());
  }

  reset() {
    this.closeForm(false);
    const { channel } = state;
    const name = channel?.type === 1 ? `@${state.nameOf(channel.recipients?.[0]?.id) ?? "person"}` : `#${channel?.name ?? ""}`;
    const label = channel ? `Message ${name}` : "No channel is open";
    this.input.placeholder = !channel || innerWidth < 600 ? label : `${label}, or / for commands`;
    this.input.setAttribute("aria-label", label);
    this.input.disabled = !channel;
    this.input.value = "";
    this.files = [];
    this.drawFiles();
    this.resize();
  }

  showBotState() {
    fill(this.note, state.online ? "" : "The bot is offline: commands and buttons will fail until it is back.");
    this.note.classList.toggle("warning", !state.online);
  }

  beginSlash() {
    this.input.value = "/";
    this.input.focus();
    this.typed();
  }

  typed() {
    this.resize();
    const text = this.input.value;
    if (text.startsWith("/") && !text.includes("\n") && document.activeElement === this.input) this.picker.show(text.slice(1));
    else this.picker.hide();
  }

  resize() {
    this.input.style.setProperty("height", "auto");
    this.input.style.setProperty("height", `${Math.min(this.input.scrollHeight, 200)}px`);
  }

  key(event) {
    if (event.isComposing) return;
    if (this.picker.open) {
      if (this.picker.list.key(event)) return;
      if (event.key === "Tab" || (event.key === "Enter" && !event.shiftKey)) {
        if (this.picker.pick()) event.preventDefault();
        else if (event.key === "Enter") this.refuseUnknown(event);
        return;
      }
      if (event.key === "Escape") {
        event.preventDefault();
        this.picker.hide();
        return;
      }
    }
    if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      this.send();
    }
  }

  refuseUnknown(event) {
    event.preventDefault();
    toast(`There is no command ${this.input.value.split(" ")[0]} here for you.`, "error");
  }

  /** Open a command by name, as the help card and mentions do. */
  startCommand(name, values = {}) {
    const entry = commandEntries().find((other) => other.name === name);
    if (!entry) {
      toast(`/${name} is not available to you in this channel.`, "error");
      return;
    }
    this.openForm(entry, values);
  }

  openForm(entry, values = {}) {
    this.picker.hide();
    this.input.value = "";
    this.form = new CommandForm(entry, values, () => this.closeForm());
    fill(this.slot, this.form.element);
    this.form.focus();
  }

  closeForm(focus = true) {
    if (!this.form) return;
    this.form = null;
    fill(this.slot, this.plain);
    this.resize();
    if (focus) this.input.focus();
  }

  addFiles(files) {
    this.files.push(...files);
    this.filePicker.value = "";
    this.drawFiles();
  }

  drawFiles() {
    fill(
      this.fileRow,
      this.files.map((file) =>
        h("span", { class: "file-chip" }, icon("file"), h("span", { class: "file-chip-name" }, file.name), h("span", { class: "file-size" }, fileSize(file.size)),
          iconButton("close", `Remove ${file.name}`, () => {
            this.files = this.files.filter((other) => other !== file);
            this.drawFiles();
          })),
      ),
    );
  }

  async send() {
    const content = this.input.value.trim();
    if ((!content && !this.files.length) || !state.channelId) return;
    if (content.length > MAX_LENGTH) {
      toast(`A message has at most ${MAX_LENGTH} characters; yours has ${content.length}. Shorten it.`, "error");
      return;
    }
    const { channelId } = state;
    const files = this.files;
    this.input.value = "";
    this.files = [];
    this.drawFiles();
    this.resize();
    try {
      const uploaded = await Promise.all(files.map((file) => api.upload(file)));
      await api.send(channelId, content, uploaded.map((attachment) => attachment.id));
    } catch (error) {
      toast(error.message, "error");
      if (state.channelId === channelId && !this.input.value) {
        this.input.value = content;
        this.files = files;
        this.drawFiles();
        this.resize();
      }
    }
  }
}
