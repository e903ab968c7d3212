// The same as in packages/report/src/otlp-id.ts: neither package may import the other, and a test holds the two together.

const UUID = /^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$/i

/** The parameters of 128-bit FNV-1a, draft-eastlake-fnv. */
const FNV_PRIME = 0x0000000001000000000000000000013bn
const FNV_BASIS = 0x6c62272e07bb014262b821756295c58dn

/** OpenTelemetry's id of a trace: the `base_id` as 128 bits, in hex. An id that is no UUID is hashed (FNV-1a). */
export function otlpTraceId(baseId: string): string {
  return to128Bits(baseId)
}

/** OpenTelemetry's id of a span: the low 64 bits of the `trace_id`, in hex. An id that is no UUID is hashed (FNV-1a). */
export function otlpSpanId(traceId: string): string {
  const low = to128Bits(traceId).slice(16)
  return isZero(low) ? hash(traceId).slice(16) : low
}

function to128Bits(id: string): string {
  const hex = UUID.test(id) ? id.replaceAll('-', '').toLowerCase() : hash(id)
  // OpenTelemetry takes only zeros for no id.
  return isZero(hex) ? hash(id) : hex
}

function isZero(hex: string): boolean {
  return /^0*$/.test(hex)
}

function hash(text: string): string {
  let state = FNV_BASIS
  for (const byte of new TextEncoder().encode(text)) {
    state = BigInt.asUintN(128, (state ^ BigInt(byte)) * FNV_PRIME)
  }
  return state.toString(16).padStart(32, '0')
}
