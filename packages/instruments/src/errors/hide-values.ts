import {
  Array,
  ArrayBuffer,
  Buffer,
  Date,
  JSON,
  Map,
  Number,
  Object,
  Reflect,
  Set,
  String,
  types,
} from '@osprofiler/core/toolkit'

const MAX_TEXTS = 2_000
const MAX_DEPTH = 8
const MAX_BUFFER_BYTES = 4_096
// A member name that matches this pattern reveals nothing about the data.
const PLAIN_MEMBER_NAME = /^(?:\d+|[A-Za-z_]\w*)$/

// Shorter strings stay: hiding them would make the message unreadable, and they reveal little.
const MIN_HIDDEN_CHARS = 3

/** Hides the values of a call in an error message, because a server may repeat them there. Known names stay visible. */
export function hideValues(message: string, values: unknown, names: ReadonlySet<string> = new Set()): string {
  let shown = message
  for (const text of findTexts(values)) {
    if (text.length >= MIN_HIDDEN_CHARS && !names.has(text)) shown = shown.replaceAll(text, '?')
  }
  return shown
}

// Returns the strings in the input that a server may repeat. Searches lists, objects, maps and buffers, and runs no
// getter. The longest strings come first. If a short string were hidden first inside a longer one, the rest of the
// longer string would stay visible.
function findTexts(values: unknown): readonly string[] {
  const texts = new Set<string>()
  collectTexts(values, texts, [])
  return [...texts].sort((a, b) => b.length - a.length)
}

function collectTexts(value: unknown, texts: Set<string>, path: readonly object[]): void {
  if (texts.size >= MAX_TEXTS) return
  if (typeof value === 'string') {
    texts.add(value)
    // If the string was sent as JSON, the server may repeat it with JSON's escapes.
    if (/["\\\n]/.test(value)) texts.add(JSON.stringify(value).slice(1, -1))
  } else if (typeof value === 'number' || typeof value === 'bigint') {
    texts.add(String(value))
  } else if (typeof value === 'object' && value !== null && path.length < MAX_DEPTH && !path.includes(value)) {
    collectTextsOfObject(value, texts, [...path, value])
  }
}

function collectTextsOfObject(value: object, texts: Set<string>, path: readonly object[]): void {
  if (types.isProxy(value)) return
  if (ArrayBuffer.isView(value)) {
    if (value.byteLength > MAX_BUFFER_BYTES) return
    const bytes = Buffer.from(value.buffer, value.byteOffset, value.byteLength)
    for (const encoding of ['utf8', 'hex', 'base64', 'latin1'] as const) texts.add(bytes.toString(encoding))
  } else if (types.isDate(value)) {
    const time = Reflect.apply(Date.prototype.getTime, value, [])
    if (!Number.isNaN(time)) for (const text of listDateFormats(new Date(time))) texts.add(text)
  } else if (types.isMap(value)) {
    for (const [key, inner] of Reflect.apply(Map.prototype.entries, value, [])) {
      collectTexts(key, texts, path)
      collectTexts(inner, texts, path)
    }
  } else if (types.isSet(value)) {
    for (const inner of Reflect.apply(Set.prototype.values, value, [])) collectTexts(inner, texts, path)
  } else {
    // Reads only the start of a very long list.
    const names = Array.isArray(value) && value.length > MAX_TEXTS ? listIndexNames(MAX_TEXTS) : Object.keys(value)
    for (const name of names) {
      if (!PLAIN_MEMBER_NAME.test(name)) texts.add(name)
      collectTexts(Object.getOwnPropertyDescriptor(value, name)?.value, texts, path)
    }
  }
}

function listIndexNames(length: number): readonly string[] {
  return Array.from({ length }, (_, index) => String(index))
}

function listDateFormats(date: Date): readonly string[] {
  const iso = date.toISOString()
  return [iso, iso.slice(0, 19), iso.slice(0, 19).replace('T', ' '), iso.slice(0, 10), String(date)]
}
