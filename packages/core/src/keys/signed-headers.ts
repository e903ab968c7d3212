import { isUtf8 } from 'node:buffer'
import type { KeyObject } from 'node:crypto'
import { Buffer, btoa, JSON, Object, RegExp, String, TypeError } from '../platform/platform.js'
import { hmac as sign } from './hmac.js'
import { find, type HmacKeys, isKeyRing, type KeyRing, keysOf, listKeys, readHmac } from './key-ring.js'
import { textOf } from './secret-key.js'

/** The header that says which trace, in base64. */
export const X_TRACE_INFO = 'X-Trace-Info'
/** The header that signs it. */
export const X_TRACE_HMAC = 'X-Trace-HMAC'

/** What `X-Trace-Info` says, in its wire shape. */
export interface TraceInfo {
  readonly base_id: string
  /** The caller's point. Missing, empty or `null`: the trace itself. */
  readonly parent_id?: string | null | undefined
}

/** What a signed pair of headers turned out to say. */
export interface UnpackedTrace {
  readonly baseId: string
  readonly parentId: string
  /** The key that matched: what this request sends on is signed with it. */
  readonly hmacKey: string
}

/** As `UnpackedTrace`, for this package alone: with the key as an object that shows nothing of the key. */
export interface VerifiedTrace<Key = KeyObject> {
  readonly baseId: string
  readonly parentId: string
  readonly key: Key
}

/** Why a pair of headers is not believed. */
export type HeaderRefusal = 'malformed-hmac' | 'unknown-key' | 'malformed-info'

// Two ids of 255 characters, each written by Python as two escapes of six, fit; so does whatever Node lets in.
const MAX_INFO_LENGTH = 16 * 1024
const MAX_ID_LENGTH = 255
// Python reads either alphabet, and over white space; of what else it skips no honest signer makes use.
const BASE64 = /^[ \t\n\v\f\r]*([A-Za-z0-9+/_-]+={0,2})[ \t\n\v\f\r]*$/
const PLAIN_ID = /^[\w.:-]*$/
// What honest signers of either language write, nearly always. It is read in half the time that a parser takes.
const PLAIN_INFO = /^\{"base_id": ?"([\w.:-]{1,255})", ?"parent_id": ?"([\w.:-]{1,255})"\}$/
// What a terminal obeys, what ends a line, and what turns the direction of a line.
const OBEYED = /[\p{Cc}\p{Zl}\p{Zp}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/u
// A flat object of strings and nulls. Anything deeper or longer Python may refuse where JSON.parse does not:
// it gives up on a thousand levels, and on integers of 4,300 digits, even in a member that a later one replaces.
const STRING = String.raw`"(?:[^"\\]|\\.)*"`
const SPACE = '[ \\t\\n\\r]*'
const MEMBER = `${SPACE}${STRING}${SPACE}:${SPACE}(?:${STRING}|null)${SPACE}`
const FLAT_OBJECT = new RegExp(`^${SPACE}\\{(?:${MEMBER}(?:,${MEMBER})*)\\}${SPACE}$`)

/**
 * Packs and signs what a callee needs to join a trace: `[X-Trace-Info, X-Trace-HMAC]`, byte for byte as
 * `osprofiler._utils.signed_pack` makes them.
 *
 * @throws TypeError where an id or the key is not a string that can be signed.
 */
export function signedPack(data: TraceInfo, hmacKey: string): [info: string, hmac: string] {
  if (typeof hmacKey !== 'string' || hmacKey === '') throw new TypeError('signedPack() needs a key to sign with')
  const info = packInfo(data)
  return [info, sign(hmacKey, info)]
}

/**
 * What a signed pair of headers says, or `undefined` where it is not to be believed. All rules of the wire format
 * apply but the limits (age, rate), which are a matter of who serves. Never throws for anything in the headers.
 */
export function signedUnpack(
  info: string | null | undefined,
  hmac: string | null | undefined,
  keys: HmacKeys | KeyRing,
): UnpackedTrace | undefined {
  if (typeof info !== 'string' || typeof hmac !== 'string') return undefined
  // Keys that are given as text are used once: objects of them would take longer to make.
  const list: readonly (KeyObject | string)[] = isKeyRing(keys) ? keysOf(keys) : listKeys(keys)
  const verified = readSignedHeaders(info, hmac, list)
  if (typeof verified === 'string') return undefined
  const { baseId, parentId, key } = verified
  return { baseId, parentId, hmacKey: typeof key === 'string' ? key : textOf(key) }
}

/** As `signedUnpack`, with the reason of a refusal. */
export function readSignedHeaders<Key extends KeyObject | string>(
  info: string,
  hmac: string,
  keys: readonly Key[],
): VerifiedTrace<Key> | HeaderRefusal {
  const digits = readHmac(hmac)
  if (digits === undefined) return 'malformed-hmac'
  if (info.length > MAX_INFO_LENGTH) return 'malformed-info'
  const key = find(keys, info, digits)
  if (key === undefined) return 'unknown-key'
  const ids = readInfo(info)
  // Not `{ ...ids, key }`, which takes Node 20 as long as an HMAC.
  return ids === undefined ? 'malformed-info' : { baseId: ids.baseId, parentId: ids.parentId, key }
}

/** The trace that an `X-Trace-Info` names, its signature not considered, or `undefined` where it names none. */
export function readBaseId(info: string): string | undefined {
  return info.length > MAX_INFO_LENGTH ? undefined : readInfo(info)?.baseId
}

/**
 * Whether a text can be the id of a trace or a point: 1 to 255 characters that every store can keep, and that a program
 * can log. Python takes control characters as well; no signer sends them but to write into somebody's log or terminal.
 */
export function isTraceId(id: unknown): id is string {
  if (typeof id !== 'string' || id === '' || !id.isWellFormed() || OBEYED.test(id)) return false
  // Characters as Python and SQL count them: one outside the basic plane is one, though two units here.
  return id.length <= MAX_ID_LENGTH || (id.length <= 2 * MAX_ID_LENGTH && [...id].length <= MAX_ID_LENGTH)
}

/** The text of `X-Trace-Info`. */
export function packInfo({ base_id, parent_id }: TraceInfo): string {
  const parent = parent_id === undefined ? '' : `, "parent_id": ${parent_id === null ? 'null' : quote(parent_id)}`
  const json = `{"base_id": ${quote(base_id)}${parent}}`
  // Not `base64url`: it drops the padding, without which Python silently ignores the trace. Nor by a Buffer, whose memory
  // is not that of JavaScript and dear to collect.
  return btoa(json).replaceAll('+', '-').replaceAll('/', '_')
}

/** A string as Python's json.dumps() writes it: ASCII only. */
function quote(id: string): string {
  if (typeof id !== 'string') throw new TypeError(`An id in trace headers is a string, not ${typeof id}`)
  if (PLAIN_ID.test(id)) return `"${id}"`
  return JSON.stringify(id).replace(
    /[\u007f-\uffff]/g,
    unit => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}

function readInfo(info: string): { baseId: string; parentId: string } | undefined {
  const bytes = decode(info)
  if (bytes === undefined) return undefined
  const plain = PLAIN_INFO.exec(bytes.toString('latin1'))
  if (plain?.[1] !== undefined && plain[2] !== undefined) return { baseId: plain[1], parentId: plain[2] }
  return isUtf8(bytes) ? readMembers(bytes.toString('utf8')) : undefined
}

function readMembers(text: string): { baseId: string; parentId: string } | undefined {
  if (!FLAT_OBJECT.test(text)) return undefined
  let members: Record<string, unknown>
  try {
    members = JSON.parse(text)
  } catch {
    return undefined
  }
  for (const name of Object.keys(members)) {
    // A member `hmac_key` is let through and ignored, as Python does; any other makes the trace invalid there.
    if (name !== 'base_id' && name !== 'parent_id' && name !== 'hmac_key') return undefined
  }
  const { base_id: baseId, parent_id: parentId } = members
  if (!isTraceId(baseId)) return undefined
  if (parentId === undefined || parentId === null || parentId === '') return { baseId, parentId: baseId }
  return isTraceId(parentId) ? { baseId, parentId } : undefined
}

function decode(info: string): Buffer | undefined {
  const base64 = BASE64.exec(info)?.[1]
  return base64 === undefined || base64.length % 4 !== 0 ? undefined : Buffer.from(base64, 'base64')
}
