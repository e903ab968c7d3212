import { BSON } from 'mongodb'

const { Long } = BSON

/** The members of a BSON document as the client sent them, by name. Each member's bytes include its type. */
export type BsonElements = ReadonlyMap<string, Buffer>

const HEADER = 4
const FIXED = new Map([
  [0x01, 8],
  [0x06, 0],
  [0x07, 12],
  [0x08, 1],
  [0x09, 8],
  [0x0a, 0],
  [0x10, 4],
  [0x11, 8],
  [0x12, 8],
  [0x13, 16],
  [0x7f, 0],
  [0xff, 0],
])

/** Splits a document without decoding it, because decoding would change its numbers. */
export function splitDocument(document: Buffer): Map<string, Buffer> {
  const elements = new Map<string, Buffer>()
  for (let at = HEADER; document[at] !== 0; ) {
    const nameEnd = document.indexOf(0, at + 1)
    const end = nameEnd + 1 + sizeOf(document, document[at] ?? 0, nameEnd + 1)
    elements.set(document.toString('utf8', at + 1, nameEnd), document.subarray(at, end))
    at = end
  }
  return elements
}

export function joinDocument(elements: Iterable<Buffer>): Buffer {
  const body = Buffer.concat([...elements, Buffer.of(0)])
  const length = Buffer.alloc(HEADER)
  length.writeInt32LE(body.length + HEADER)
  return Buffer.concat([length, body])
}

/** Decodes the values of a document. Integers of 64 bits stay exact. */
export function decodeDocument(document: Buffer): Record<string, unknown> {
  return BSON.deserialize(document, { promoteLongs: false })
}

export function isLong(value: unknown): value is InstanceType<typeof Long> {
  return value instanceof Long
}

function sizeOf(document: Buffer, type: number, at: number): number {
  const fixed = FIXED.get(type)
  if (fixed !== undefined) return fixed
  if (type === 0x03 || type === 0x04 || type === 0x0f) return document.readInt32LE(at)
  if (type === 0x02 || type === 0x0d || type === 0x0e) return HEADER + document.readInt32LE(at)
  if (type === 0x05) return HEADER + 1 + document.readInt32LE(at)
  if (type === 0x0b) return document.indexOf(0, document.indexOf(0, at) + 1) + 1 - at
  throw new Error(`BSON of type ${type} is not understood here.`)
}
