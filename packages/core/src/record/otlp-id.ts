import { BigInt, TextEncoder } from '../json/language.js'

const UUID = /^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$/i

/** Parameters of 128-bit FNV-1a, from draft-eastlake-fnv. */
const FNV_PRIME = 0x0000000001000000000000000000013bn
const FNV_OFFSET_BASIS = 0x6c62272e07bb014262b821756295c58dn

const [HYPHEN, ZERO, NINE, A, F] = [0x2d, 0x30, 0x39, 0x61, 0x66]

/** Caches the last id, because points of one trace usually follow each other. */
let lastConverted = { baseId: '', id: to128Bits('') }

/**
 * Returns OpenTelemetry's trace id: the `base_id` as 128 bits in hex. An id that is not a UUID is hashed with FNV-1a.
 */
export function otlpTraceId(baseId: string): string {
  if (baseId !== lastConverted.baseId) lastConverted = { baseId, id: to128Bits(baseId) }
  return lastConverted.id
}

/** Returns OpenTelemetry's span id: the low 64 bits of the `trace_id` in hex. An id that is not a UUID is hashed. */
export function otlpSpanId(traceId: string): string {
  if (isLowerCaseUuid(traceId)) return traceId.slice(19, 23) + traceId.slice(24)
  const low = to128Bits(traceId).slice(16)
  return isZero(low) ? hash(traceId).slice(16) : low
}

/** Returns whether an id is a lower-case UUID whose low bits are not zero. A regular expression would be slower. */
function isLowerCaseUuid(id: string): boolean {
  if (id.length !== 36 || id.charCodeAt(19) === ZERO) return false
  for (let at = 0; at < 36; at++) {
    const code = id.charCodeAt(at)
    if (at === 8 || at === 13 || at === 18 || at === 23) {
      if (code !== HYPHEN) return false
    } else if (code < ZERO || code > F || (code > NINE && code < A)) return false
  }
  return true
}

function to128Bits(id: string): string {
  const hex = UUID.test(id) ? id.replaceAll('-', '').toLowerCase() : hash(id)
  // In OpenTelemetry, an id of all zeros means that there is no id.
  return isZero(hex) ? hash(id) : hex
}

function isZero(hex: string): boolean {
  return /^0*$/.test(hex)
}

function hash(text: string): string {
  let state = FNV_OFFSET_BASIS
  for (const byte of new TextEncoder().encode(text)) {
    state = BigInt.asUintN(128, (state ^ BigInt(byte)) * FNV_PRIME)
  }
  return state.toString(16).padStart(32, '0')
}
