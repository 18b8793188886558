// A person with a browser that runs no script, over plain HTTP: for driving client libraries through the sign-in.

import { send } from "./http.mjs";

const PATIENCE = 20; // longer than any honest chain of pages, shorter than a loop

export class Person {
  #authority;
  #site;
  #language;
  #cookies = new Map();

  constructor({ authority, site, language = "en" }) {
    [this.#authority, this.#site, this.#language] = [authority, new URL(site).origin, language];
  }

  /** Opens an address and follows where it leads, up to the site's edge: then the page has `leavesFor`. */
  async open(address) {
    return this.#settle(new URL(address, this.#site), await this.#send(address));
  }

  /** From `address` on, answers each page's question until the browser leaves for the app. */
  async signIn(from, address, password) {
    let page = await this.open(from);
    const asked = new Set();
    for (let tries = 0; tries < PATIENCE && !page.leavesFor; tries++) {
      const form = forms(page.body).find(({ main, method }) => main && method === "post");
      const question = form?.fields.map(({ name }) => name).join();
      if (!form || asked.has(question)) throw unexpected(page, "the way back to the app");
      asked.add(question);
      page = await this.#submit(page, form, (field) => (isAddress(field) ? address : isPassword(field) ? password : undefined));
    }
    return page.leavesFor;
  }

  async choosePassword(link, password) {
    let page = await this.open(link);
    for (let tries = 0; tries < PATIENCE; tries++) {
      const form = forms(page.body).find(({ main, method }) => main && method === "post");
      if (!form) throw unexpected(page, "a form for the new password");
      page = await this.#submit(page, form, (field) => (isPassword(field) ? password : undefined));
      if (form.fields.some(isPassword)) {
        if (!forms(page.body).some(({ fields }) => fields.some(isPassword))) return page;
        break;
      }
    }
    throw unexpected(page, "the password to be taken");
  }

  #submit(page, form, answer) {
    const button = form.fields.find(({ type }) => type === "submit");
    const sent = form.fields.filter(({ type, checked }) => type !== "submit" && type !== "button" && (checked ?? true));
    const fields = [...sent, ...(button ? [button] : [])].filter(({ name }) => name);
    const body = new URLSearchParams(fields.map((field) => [field.name, answer(field) ?? field.value])).toString();
    const url = new URL(form.action, page.url);
    const headers = {
      "content-type": "application/x-www-form-urlencoded",
      origin: page.url.origin,
      referer: page.url.href,
      "sec-fetch-site": "same-origin",
    };
    return this.#send(url, { method: "POST", headers, body }).then((response) => this.#settle(url, response));
  }

  async #send(address, { method, headers, body } = {}) {
    const cookie = [...this.#cookies].map(([name, value]) => `${name}=${value}`).join("; ");
    const all = { ...headers, ...(cookie && { cookie }), "accept-language": this.#language, accept: "text/html" };
    const answer = await send(new URL(address, this.#site).href, { authority: this.#authority, method, headers: all, body });
    for (const line of answer.cookies) {
      const [pair, ...attributes] = line.split(";").map((part) => part.trim());
      const at = pair.indexOf("=");
      if (attributes.some((part) => /^max-age=0$/i.test(part))) this.#cookies.delete(pair.slice(0, at));
      else this.#cookies.set(pair.slice(0, at), pair.slice(at + 1));
    }
    return answer;
  }

  async #settle(url, answer) {
    for (let tries = 0; tries < PATIENCE; tries++) {
      const page = { url, status: answer.status, body: answer.body };
      const next = answer.status >= 300 && answer.status < 400 ? answer.headers.location : goesOnTo(answer.body);
      if (!next) return page;
      url = new URL(next, url);
      if (url.origin !== this.#site) return { ...page, leavesFor: url };
      answer = await this.#send(url);
    }
    throw new Error(`redirects without end at ${url}`);
  }
}

// A field that can't be changed shows what was given before, for password managers.
const isAddress = ({ type, autocomplete, fixed }) =>
  !fixed && (type === "email" || (type === "text" && /\busername\b/.test(autocomplete)));
const isPassword = ({ type }) => type === "password";

const unexpected = (page, wanted) => new Error(`wanted ${wanted}, got ${page.status} at ${page.url}:\n${page.body}`);

function decode(text) {
  const named = { amp: "&", lt: "<", gt: ">", quot: '"' };
  return text.replace(/&(?:#x([0-9a-f]+)|#([0-9]+)|(amp|lt|gt|quot));/gi, (_, hex, digits, name) =>
    name ? named[name] : String.fromCodePoint(hex ? parseInt(hex, 16) : Number(digits)),
  );
}

function attributes(tag) {
  const found = tag.matchAll(/([^\s=/>"']+)(?:=(?:"([^"]*)"|'([^']*)'|([^\s>]*)))?/g);
  return Object.fromEntries([...found].map(([, name, ...values]) => [name.toLowerCase(), decode(values.find((v) => v !== undefined) ?? "")]));
}

function goesOnTo(html) {
  const tag = html.match(/<meta\s[^>]*http-equiv="?refresh[^>]*>/i)?.[0];
  return tag && attributes(tag).content?.match(/url=(.*)/i)?.[1].trim();
}

/** The forms of a well-formed page: what our templates write, not all that browsers forgive. */
function forms(html) {
  const found = [];
  let main = false, open = false;
  for (const [, closing, name, rest] of html.matchAll(/<(\/?)(main|form|input|button|select|option)\b((?:"[^"]*"|'[^']*'|[^>"'])*)>/gi)) {
    const tag = name.toLowerCase();
    if (tag === "main") main = !closing;
    else if (tag === "form") {
      open = !closing;
      const { method = "get", action = "" } = attributes(rest);
      if (open) found.push({ method: method.toLowerCase(), action, main, fields: [] });
    } else if (open && !closing) {
      const given = attributes(rest), { fields } = found.at(-1);
      if (tag === "option") {
        if ("selected" in given) fields.at(-1).value = given.value;
        continue;
      }
      const type = (given.type ?? { button: "submit", input: "text" }[tag] ?? tag).toLowerCase();
      const tick = type === "checkbox" || type === "radio";
      fields.push({
        ...{ name: given.name, type, autocomplete: given.autocomplete ?? "", value: given.value ?? (tick ? "on" : "") },
        ...(tick && { checked: "checked" in given }),
        fixed: "readonly" in given,
      });
    }
  }
  return found;
}
