import { ExactNumber } from '../json/exact-number.js'
import { setMember } from '../json/set-member.js'
import { cutText } from '../platform/cut-text.js'
import { Array, Math, Number, Object, String, types } from '../platform/platform.js'
import { remember } from '../platform/remember.js'
import { redactOption } from '../secrets/command-lists.js'
import { isHarmless } from '../secrets/names/harmless-values.js'
import { isValueOfLabel } from '../secrets/names/lists-of-names.js'
import { getNameKind, isSecretName, type NameKind, REDACTED } from '../secrets/names/secret-names.js'
import { redactText } from '../secrets/redact-text.js'
import { describeObject, MAX_STRING_CHARS } from './describe-object.js'

const MAX_DEPTH = 12
const MAX_ENTRIES = 100
const MAX_NAME_CHARS = 256
const MAX_LABEL_CHARS = 64
// Converting a larger BigInt to a string takes too long.
const MAX_BIGINT = 2n ** 1024n
// These limits apply to the whole info. Limits on width and depth are not enough, because an info may be wide and deep.
const MAX_TOTAL_VALUES = 1_000
const MAX_TOTAL_CHARS = 64_000
/** Members of `info` that say how a point ended. They are added after the size of the info was limited. */
const OUTCOME_MEMBERS = ['etype', 'message', 'points', 'points_omitted', 'unrecorded']

interface Allowance {
  values: number
  characters: number
  readonly path: object[]
}

/**
 * Copies any value to plain JSON values that are safe to keep and send. Limits depth, width and length, and redacts the
 * values of members with secret names. Runs none of the application's code, such as getters, `toJSON` or proxy traps,
 * and never throws. Marks show what was cut: `[Object]`, `...`, `[12 more]`.
 */
export function recordable(value: unknown): unknown {
  return copy(value, { values: MAX_TOTAL_VALUES, characters: MAX_TOTAL_CHARS, path: [] })
}

/**
 * Copies `info` and, if given, `later` to one new object. The limits apply to each of them separately. Members of
 * `later` override those of `info`.
 */
export function recordableInfo(info: unknown, later?: unknown): Record<string, unknown> {
  const copied = copyInfo(info)
  return later === undefined ? copied : addMembers(copied, copyInfo(later))
}

/**
 * Copies the whole info of a record once more. Even if the copy is cut, it contains all members that say how the point
 * ended.
 */
export function recordableAgain(info: object): Record<string, unknown> {
  const copied = copyInfo(info)
  if (types.isProxy(info)) return copied
  for (const name of OUTCOME_MEMBERS) {
    const value: unknown = Object.getOwnPropertyDescriptor(info, name)?.value
    if (value !== undefined) setMember(copied, name, recordable(value))
  }
  return copied
}

/** Adds members to a copied `info` in place, without copying it again. Returns `copied`. */
export function addMembers(copied: Record<string, unknown>, members: object): Record<string, unknown> {
  for (const [name, value] of Object.entries(members)) setMember(copied, name, value)
  return copied
}

function copyInfo(info: unknown): Record<string, unknown> {
  if (info === undefined || info === null) return {}
  const copied = recordable(info)
  return isObject(copied) ? copied : { value: copied }
}

function copy(value: unknown, allowance: Allowance): unknown {
  allowance.values--
  switch (typeof value) {
    case 'string':
      return copyText(value, allowance)
    case 'number':
      // Adding 0 turns -0 into 0. Otherwise, a store would return a different record, because `JSON.stringify` writes
      // -0 as 0.
      return Number.isFinite(value) ? value + 0 : String(value)
    case 'boolean':
      return value
    case 'bigint':
      return -MAX_BIGINT < value && value < MAX_BIGINT ? value.toString() : '[BigInt]'
    case 'symbol':
      return copyText(value.toString(), allowance)
    case 'function':
      return '[Function]'
    case 'undefined':
      return undefined
    case 'object':
      return value === null ? null : copyObject(value, allowance)
  }
}

function copyObject(value: object, allowance: Allowance): unknown {
  const { path } = allowance
  const depth = path.length
  try {
    if (types.isProxy(value)) return '[Proxy]'
    // An `ExactNumber` is immutable, so it needs no copy. It comes from a record that was read from a store.
    if (ExactNumber.is(value)) return value
    const described = describeObject(value)
    if (described !== undefined) return toWellFormedText(described, allowance)
    if (path.includes(value)) return '[Circular]'
    if (depth >= MAX_DEPTH || allowance.values <= 0) return Array.isArray(value) ? '[Array]' : '[Object]'
    path.push(value)
    const copied = Array.isArray(value) ? copyArray(value, allowance) : copyMembers(value, allowance)
    path.pop()
    return copied
  } catch {
    path.length = depth
    return '[Unreadable]'
  }
}

function copyArray(array: readonly unknown[], allowance: Allowance): unknown[] {
  const copied: unknown[] = []
  const length = Math.min(array.length, MAX_ENTRIES)
  let entries: readonly unknown[] | undefined
  let previous: unknown
  for (let index = 0; index < length && allowance.values > 0; index++) {
    const property = Object.getOwnPropertyDescriptor(array, index)
    const value: unknown = property?.value
    let hidden: string | undefined
    if (mayBeSecret(previous, value)) {
      entries ??= readEntries(array, length)
      hidden = isValueOfLabel(entries, index) ? REDACTED : redactOption(entries, index)
    }
    copied.push(hidden ?? copyProperty(property, allowance) ?? null)
    previous = value
  }
  if (copied.length < array.length) copied.push(`[${array.length - copied.length} more]`)
  return copied
}

/**
 * Returns whether an entry of an array may be a secret. Such an entry is a command-line option, or follows an option or
 * a secret name.
 */
function mayBeSecret(previous: unknown, value: unknown): boolean {
  if (typeof value === 'string' && value.startsWith('-')) return true
  if (typeof previous !== 'string' || previous.length > MAX_LABEL_CHARS) return false
  return previous.startsWith('-') || isSecretName(previous)
}

function readEntries(array: readonly unknown[], length: number): unknown[] {
  return Array.from({ length }, (_, index): unknown => Object.getOwnPropertyDescriptor(array, index)?.value)
}

function copyMembers(value: object, allowance: Allowance): Record<string, unknown> {
  const copied: Record<string, unknown> = {}
  const names = Object.keys(value)
  // Listing the names of a wide object takes a long time, even if most names are omitted. So every 1,000 names count as
  // one value.
  allowance.values -= Math.floor(names.length / (10 * MAX_ENTRIES))
  let label: string | undefined
  let hasSearchedLabel = false
  let taken = 0
  for (const name of names) {
    if (taken === MAX_ENTRIES || allowance.values <= 0 || allowance.characters <= 0) break
    taken++
    const { shown, kind } = readName(name)
    // The value belongs to a label, as in `{name: 'Authorization', value: '...'}`.
    if (kind === 'value' && !hasSearchedLabel) {
      label = findSecretLabel(value, names)
      hasSearchedLabel = true
    }
    const property = Object.getOwnPropertyDescriptor(value, name)
    const hidden =
      kind === 'secret' ||
      (kind === 'value' && label !== undefined) ||
      (name.length <= 2 && isPrivateKeyMember(name, value))
    const member =
      hidden && !isHarmless(kind === 'secret' ? name : (label ?? name), property?.value)
        ? redactAccount(name, property?.value)
        : copyProperty(property, allowance)
    if (member === undefined) continue
    setMember(copied, takeFromAllowance(shown, allowance), member)
  }
  if (taken < names.length) setMember(copied, '...', `[${names.length - taken} more]`)
  return copied
}

/**
 * Redacts a secret. If the secret is a login such as `auth: {user: 'bob', pass: '...'}` for an HTTP client, the user
 * name stays readable.
 */
function redactAccount(name: string, value: unknown): unknown {
  if (!/auth$/i.test(name) || typeof value !== 'object' || value === null || types.isProxy(value)) return REDACTED
  const names = Object.keys(value).slice(0, MAX_ENTRIES)
  const user = names.find(each => /^user(?:name)?$/i.test(each))
  const userName: unknown = user === undefined ? undefined : Object.getOwnPropertyDescriptor(value, user)?.value
  if (user === undefined || typeof userName !== 'string') return REDACTED
  return Object.fromEntries(
    names.map(each => [each, each === user ? redactText(userName, MAX_NAME_CHARS).toWellFormed() : REDACTED]),
  )
}

/** Returns whether a member is a private part of a JSON Web Key. Such a key also has a member `kty`. */
function isPrivateKeyMember(name: string, holder: object): boolean {
  return /^(?:d|k|p|q|dp|dq|qi)$/.test(name) && Object.hasOwn(holder, 'kty')
}

/**
 * Returns the object's first label that names a secret. A label is the value of a member, such as `name`, that
 * describes another member.
 */
function findSecretLabel(holder: object, names: readonly string[]): string | undefined {
  for (const name of names.slice(0, MAX_ENTRIES)) {
    if (readName(name).kind !== 'label') continue
    const label: unknown = Object.getOwnPropertyDescriptor(holder, name)?.value
    if (typeof label === 'string' && label.length <= MAX_LABEL_CHARS && isSecretName(label)) return label
  }
  return undefined
}

interface Name {
  readonly shown: string
  readonly kind: NameKind
}

const readName = remember<Name>(name => ({
  shown: redactText(name, MAX_NAME_CHARS).toWellFormed(),
  kind: getNameKind(name),
}))

function copyProperty(property: PropertyDescriptor | undefined, allowance: Allowance): unknown {
  if (property === undefined) return undefined
  return 'value' in property ? copy(property.value, allowance) : '[Getter]'
}

function copyText(value: string, allowance: Allowance): string {
  return toWellFormedText(redactText(value, Math.min(MAX_STRING_CHARS, Math.max(allowance.characters, 0))), allowance)
}

/** Replaces lone surrogates. They cannot be encoded, so a store would reject or change the record. */
function toWellFormedText(value: string, allowance: Allowance): string {
  return takeFromAllowance(value.isWellFormed() ? value : value.toWellFormed(), allowance)
}

function takeFromAllowance(value: string, allowance: Allowance): string {
  const cut = value.length > allowance.characters ? cutText(value, Math.max(allowance.characters, 0)) : value
  allowance.characters -= cut.length
  return cut
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
