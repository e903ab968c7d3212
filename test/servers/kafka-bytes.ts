/** Reads the values of Kafka's protocol from a request, one after another. */
export class KafkaReader {
  readonly #bytes: Buffer
  #at = 0

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  int16(): number {
    return this.#bytes.readInt16BE(this.#skip(2))
  }

  int32(): number {
    return this.#bytes.readInt32BE(this.#skip(4))
  }

  int64(): bigint {
    return this.#bytes.readBigInt64BE(this.#skip(8))
  }

  skip(length: number): this {
    this.#skip(length)
    return this
  }

  string(): string {
    const length = Math.max(this.int16(), 0)
    return this.#bytes.toString('utf8', this.#skip(length), this.#at)
  }

  bytes(): Buffer {
    const length = Math.max(this.int32(), 0)
    return this.#bytes.subarray(this.#skip(length), this.#at)
  }

  array<T>(read: () => T): T[] {
    return Array.from({ length: Math.max(this.int32(), 0) }, read)
  }

  #skip(length: number): number {
    this.#at += length
    return this.#at - length
  }
}

/** A number of so many bits. */
export type KafkaNumber = readonly [bits: 8 | 16 | 32 | 64, value: number]

/** What an answer is made of: texts and bytes come with their length, lists with their count. */
export type KafkaValue = KafkaNumber | string | Buffer | { readonly list: readonly (readonly KafkaValue[])[] }

/** Writes an answer. */
export function writeKafka(values: readonly KafkaValue[]): Buffer {
  return Buffer.concat(values.map(writeValue))
}

function writeValue(value: KafkaValue): Buffer {
  if (typeof value === 'string') return Buffer.concat([writeNumber([16, Buffer.byteLength(value)]), Buffer.from(value)])
  if (Buffer.isBuffer(value)) return Buffer.concat([writeNumber([32, value.length]), value])
  if ('list' in value) return Buffer.concat([writeNumber([32, value.list.length]), ...value.list.map(writeKafka)])
  return writeNumber(value)
}

function writeNumber([bits, value]: KafkaNumber): Buffer {
  const bytes = Buffer.alloc(8)
  bytes.writeBigInt64BE(BigInt(value))
  return bytes.subarray(8 - bits / 8)
}
