/** Calls to the simulator's console API, always as the person this page is. */

/** A refusal by the server, with its own sentence. */
export class ApiError extends Error {
  constructor(message, status) {
    super(message);
    this.status = status;
  }
}

async function call(method, path, { body, query } = {}) {
  const url = new URL(`/console/api/${path}`, location.href);
  for (const [name, value] of Object.entries(query ?? {})) {
    if (value !== null && value !== undefined) url.searchParams.set(name, value);
  }
  const form = body instanceof FormData;
  const options = { method, headers: {} };
  if (body !== undefined) {
    options.body = form ? body : JSON.stringify(body);
    if (!form) options.headers["Content-Type"] = "application/json";
  }
  let response;
  try {
    response = await fetch(url, options);
  } catch {
    throw new ApiError("The simulator cannot be reached. Is it still running?", 0);
  }
  const text = await response.text();
  let answer = null;
  try {
    answer = text ? JSON.parse(text) : null;
  } catch {
    if (response.ok) throw new ApiError("The simulator gave an answer that is not JSON.", response.status);
  }
  if (!response.ok) throw new ApiError(answer?.message ?? `The simulator answered ${response.status}.`, response.status);
  return answer;
}

let me = null;

export const api = {
  /** From now on act as this person. */
  actAs(userId) {
    me = userId;
  },
  people: () => call("GET", "people"),
  createPerson: (name) => call("POST", "people", { body: { name } }),
  messages: (channelId, before) => call("GET", `channels/${channelId}/messages`, { query: { as: me, before, limit: 50 } }),
  interact: (body) => call("POST", "interactions", { body: { as: me, ...body } }),
  send: (channelId, content, attachmentIds) =>
    call("POST", "messages", { body: { as: me, channel_id: channelId, content, attachment_ids: attachmentIds } }),
  openDm: () => call("POST", "dms", { body: { as: me } }),
  member: (action, userId, guildId) => call("POST", "members", { body: { as: me, action, user_id: userId, guild_id: guildId } }),
  setRoles: (guildId, userId, roles) => call("PUT", `members/${guildId}/${userId}/roles`, { body: { as: me, roles }, query: { as: me } }),
  faults: () => call("GET", "faults"),
  setFaults: (faults) => call("PUT", "faults", { body: faults }),
  reset: () => call("POST", "reset", { body: {} }),
  requests: (since) => call("GET", "requests", { query: { since } }),
  /** Upload a file; answers the attachment that options and messages name by its ID. */
  upload(file) {
    const form = new FormData();
    form.append("file", file, file.name);
    return call("POST", "attachments", { body: form, query: { as: me } });
  },
};

/** Keep a WebSocket open, reconnecting with growing pauses; `onFrame(name, data)`, `onState(connected)`. */
export class LiveSocket {
  constructor(userId, onFrame, onState) {
    this.userId = userId;
    this.onFrame = onFrame;
    this.onState = onState;
    this.attempt = 0;
    this.closed = false;
    this.open();
  }

  open() {
    const url = new URL("/console/ws", location.href);
    url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
    url.searchParams.set("as", this.userId);
    this.socket = new WebSocket(url);
    this.socket.addEventListener("open", () => {
      this.attempt = 0;
      this.onState(true);
    });
    this.socket.addEventListener("message", (event) => {
      if (this.closed) return;
      const frame = JSON.parse(event.data);
      this.onFrame(frame.t, frame.d);
    });
    this.socket.addEventListener("close", () => this.retry());
  }

  retry() {
    if (this.closed) return;
    this.onState(false);
    this.attempt += 1;
    this.timer = setTimeout(() => this.open(), Math.min(500 * this.attempt, 4000));
  }

  close() {
    this.closed = true;
    clearTimeout(this.timer);
    this.socket.close();
  }
}
