/** What this person can see, kept true by the live frames. Views listen to topics and draw themselves anew. */

import { byId } from "./format.js";

export const EPHEMERAL = 64;
export const LOADING = 128;
export const COMPONENTS_V2 = 32768;
const ADMINISTRATOR = 8n;

const THREADS = new Set([10, 11, 12]);
const MESSAGE_CHANNELS = new Set([0, 1, 2, 3, 5, 10, 11, 12, 13]);

/** Where a person of this page may read and write messages. */
export const holdsMessages = (channel) => MESSAGE_CHANNELS.has(channel.type);
export const isThread = (channel) => THREADS.has(channel.type);

class ConsoleState extends EventTarget {
  constructor() {
    super();
    this.people = [];
    this.guildId = null;
    this.channelId = null;
    this.clear();
  }

  /** Forget everything that belongs to one person. */
  clear() {
    this.me = null;
    this.ready = false;
    this.connected = false;
    this.online = true;
    this.guilds = new Map();
    this.dms = new Map();
    this.users = new Map();
    this.commands = new Map();
    this.messages = new Map();
    this.unread = new Map();
    this.dismissed = new Set();
    this.faults = {};
    this.application = null;
    this.links = [];
    this.joinable = [];
  }

  emit(topic, detail = null) {
    this.dispatchEvent(new CustomEvent(topic, { detail }));
  }

  /** Call `listener` for each of the topics. */
  on(topics, listener) {
    for (const topic of [topics].flat()) this.addEventListener(topic, listener);
  }

  get guild() {
    return this.guilds.get(this.guildId) ?? null;
  }

  get channel() {
    return this.findChannel(this.channelId);
  }

  get bot() {
    return this.application?.bot ?? null;
  }

  findChannel(id) {
    for (const guild of this.guilds.values()) {
      if (guild.channels.has(id)) return guild.channels.get(id);
    }
    return this.dms.get(id) ?? null;
  }

  guildOfChannel(id) {
    for (const guild of this.guilds.values()) if (guild.channels.has(id)) return guild;
    return null;
  }

  findRole(id) {
    for (const guild of this.guilds.values()) if (guild.roles.has(id)) return guild.roles.get(id);
    return null;
  }

  /** The member's nickname, else the user's name. */
  nameOf(userId, guild = this.guild) {
    const member = guild?.members.get(userId);
    const user = member?.user ?? this.users.get(userId);
    return member?.nick || user?.global_name || user?.username || null;
  }

  /** The member's roles, highest first. */
  rolesOf(userId, guild = this.guild) {
    const member = guild?.members.get(userId);
    const roles = (member?.roles ?? []).map((id) => guild.roles.get(id)).filter(Boolean);
    return roles.sort((a, b) => b.position - a.position || byId(a, b));
  }

  /** The colour number of the highest coloured role, or 0. */
  colourOf(userId, guild = this.guild) {
    return this.rolesOf(userId, guild).find((role) => role.color)?.color ?? 0;
  }

  /** Whether a person may do everything in the server. */
  isAdministrator(userId, guild = this.guild) {
    if (!guild) return false;
    if (guild.owner_id === userId) return true;
    return this.rolesOf(userId, guild).some((role) => (BigInt(role.permissions ?? 0) & ADMINISTRATOR) !== 0n);
  }

  /** The commands that may be used in the open channel. */
  usableCommands() {
    const guild = this.guildOfChannel(this.channelId);
    const list = guild ? this.commands.get(guild.id) : this.commands.get("@me") ?? this.commands.get("null");
    return list ?? [];
  }

  personOf(userId) {
    return this.people.find((person) => person.user.id === userId) ?? null;
  }

  /** Open a channel; its unread mark goes. */
  select(guildId, channelId) {
    if (guildId) this.guildId = guildId;
    this.channelId = channelId;
    this.unread.delete(channelId);
    this.emit("selection");
    this.emit("channels");
  }

  /** Take one live frame in. */
  apply(name, data) {
    handlers[name]?.call(this, data);
  }

  loadReady(data) {
    const { guildId, channelId } = this;
    this.clear();
    this.connected = true;
    this.me = data.me;
    this.application = data.application ?? null;
    this.faults = data.faults ?? {};
    this.links = data.links ?? [];
    this.joinable = data.joinable ?? [];
    this.online = data.bot_online ?? data.online ?? true;
    this.remember(data.me);
    if (this.bot) this.remember(this.bot);
    for (const guild of data.guilds ?? []) this.guilds.set(guild.id, this.indexGuild(guild));
    for (const channel of data.dms ?? []) this.keepDm(channel);
    for (const [id, commands] of Object.entries(data.commands ?? {})) this.commands.set(id, commands);
    this.guildId = this.guilds.has(guildId) ? guildId : (this.guilds.keys().next().value ?? null);
    this.channelId = this.findChannel(channelId) ? channelId : this.firstChannel();
    this.ready = true;
    this.emit("ready");
  }

  indexGuild(guild) {
    const members = new Map();
    for (const member of guild.members ?? []) {
      members.set(member.user.id, member);
      this.remember(member.user);
    }
    const channels = [...(guild.channels ?? []), ...(guild.threads ?? [])];
    const indexed = { ...guild, members, roles: new Map((guild.roles ?? []).map((role) => [role.id, role])) };
    indexed.channels = new Map(channels.map((channel) => [channel.id, { ...channel, guild_id: guild.id }]));
    return indexed;
  }

  /** Where a person starts: the first channel of the open server, or nowhere. */
  firstChannel() {
    const channels = [...(this.guild?.channels.values() ?? [])].filter((channel) => holdsMessages(channel) && !isThread(channel));
    channels.sort((a, b) => (a.position ?? 0) - (b.position ?? 0) || byId(a, b));
    return channels[0]?.id ?? null;
  }

  remember(user) {
    if (user?.id) this.users.set(user.id, { ...this.users.get(user.id), ...user });
  }

  keepDm(channel) {
    this.dms.set(channel.id, channel);
    (channel.recipients ?? []).forEach((user) => this.remember(user));
  }

  /** The messages of a channel, oldest first. */
  list(channelId) {
    return this.messages.get(channelId)?.list ?? [];
  }

  /** Merge a page of history in. */
  mergeHistory(channelId, page, complete) {
    const held = this.messages.get(channelId) ?? { list: [], complete: false };
    const known = new Map(page.map((message) => [message.id, message]));
    for (const message of held.list) known.set(message.id, message);
    held.list = [...known.values()].sort(byId);
    held.complete = complete;
    held.loaded = true;
    this.messages.set(channelId, held);
    page.forEach((message) => this.learnFrom(message));
    this.emit("messages", { channelId });
  }

  learnFrom(message) {
    this.remember(message.author);
    (message.mentions ?? []).forEach((user) => this.remember(user));
    this.remember(message.interaction_metadata?.user);
  }

  putMessage(message, isNew) {
    this.learnFrom(message);
    const held = this.messages.get(message.channel_id) ?? { list: [], complete: false };
    const index = held.list.findIndex((other) => other.id === message.id);
    if (index >= 0) held.list[index] = { ...held.list[index], ...message };
    else if (isNew) held.list = [...held.list, message].sort(byId);
    this.messages.set(message.channel_id, held);
    this.emit("messages", { channelId: message.channel_id, message, isNew: isNew && index < 0 });
  }

  dropMessage(channelId, id) {
    const held = this.messages.get(channelId);
    if (held) held.list = held.list.filter((message) => message.id !== id);
    this.emit("messages", { channelId });
  }

  /** Hide an answer that only this person sees. */
  dismiss(message) {
    this.dismissed.add(message.id);
    this.emit("messages", { channelId: message.channel_id });
  }

  keepMember(data) {
    const guild = this.guilds.get(data.guild_id);
    if (!guild || !data.user) return;
    this.remember(data.user);
    guild.members.set(data.user.id, { ...guild.members.get(data.user.id), ...data });
    this.emit("members");
  }

  keepChannel(data) {
    if (data.type === 1 || data.type === 3) this.keepDm(data);
    const guild = this.guilds.get(data.guild_id);
    if (guild) guild.channels.set(data.id, { ...guild.channels.get(data.id), ...data });
    this.emit("channels");
  }

  dropChannel(data) {
    this.guilds.get(data.guild_id)?.channels.delete(data.id);
    this.dms.delete(data.id);
    if (this.channelId === data.id) this.select(this.guildId, this.firstChannel());
    this.emit("channels");
  }

  noteUnread(message) {
    if (message.channel_id === this.channelId && !document.hidden) return;
    if (message.author?.id === this.me?.id) return;
    this.unread.set(message.channel_id, (this.unread.get(message.channel_id) ?? 0) + 1);
    this.emit("channels");
  }
}

const handlers = {
  READY(data) {
    this.loadReady(data);
  },
  MESSAGE_CREATE(data) {
    this.putMessage(data, true);
    this.noteUnread(data);
  },
  MESSAGE_UPDATE(data) {
    this.putMessage(data, false);
  },
  MESSAGE_DELETE(data) {
    this.dropMessage(data.channel_id, data.id);
  },
  GUILD_CREATE(data) {
    this.guilds.set(data.id, this.indexGuild(data));
    this.emit("guilds");
  },
  GUILD_MEMBER_ADD(data) {
    this.keepMember(data);
  },
  GUILD_MEMBER_UPDATE(data) {
    this.keepMember(data);
  },
  GUILD_MEMBER_REMOVE(data) {
    this.guilds.get(data.guild_id)?.members.delete(data.user.id);
    this.emit("members");
  },
  GUILD_ROLE_CREATE(data) {
    this.guilds.get(data.guild_id)?.roles.set(data.role.id, data.role);
    this.emit("members");
  },
  GUILD_ROLE_UPDATE(data) {
    handlers.GUILD_ROLE_CREATE.call(this, data);
  },
  GUILD_ROLE_DELETE(data) {
    this.guilds.get(data.guild_id)?.roles.delete(data.role_id);
    this.emit("members");
  },
  CHANNEL_CREATE(data) {
    this.keepChannel(data);
  },
  CHANNEL_UPDATE(data) {
    this.keepChannel(data);
  },
  THREAD_CREATE(data) {
    this.keepChannel(data);
  },
  THREAD_UPDATE(data) {
    this.keepChannel(data);
  },
  CHANNEL_DELETE(data) {
    this.dropChannel(data);
  },
  THREAD_DELETE(data) {
    this.dropChannel(data);
  },
  COMMANDS_UPDATE(data) {
    this.commands.set(data.guild_id ?? "@me", data.commands);
    this.emit("commands");
  },
  FAULTS_UPDATE(data) {
    this.faults = data;
    this.emit("faults");
  },
  BOT_STATUS(data) {
    this.online = data.online;
    this.emit("bot");
  },
};

export const state = new ConsoleState();
