import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { KafkaReader, type KafkaValue, writeKafka } from './kafka-bytes.js'

/** Something that speaks as much of Kafka's protocol as one producer and one consumer of kafkajs need. */
export interface KafkaStandIn {
  /** `host:port` */
  readonly address: string
  stop(): Promise<void>
}

/** One version of each: clients use none other. What is produced from version 3 on has headers. */
const VERSIONS = {
  produce: [0, 3],
  fetch: [1, 4],
  listOffsets: [2, 1],
  metadata: [3, 1],
  offsetCommit: [8, 2],
  offsetFetch: [9, 1],
  findCoordinator: [10, 0],
  joinGroup: [11, 0],
  heartbeat: [12, 0],
  leaveGroup: [13, 0],
  syncGroup: [14, 0],
  apiVersions: [18, 0],
} as const

const MEMBER = 'the-only-member'
const EMPTY_FETCH_MS = 20

const i8 = (value: number): KafkaValue => [8, value]
const i16 = (value: number): KafkaValue => [16, value]
const i32 = (value: number): KafkaValue => [32, value]
const i64 = (value: number): KafkaValue => [64, value]
const OK = i16(0)

/**
 * A stand-in, and no Kafka: one broker, each topic one partition, kept in memory, groups of one member. It hands on the
 * very bytes that were produced.
 */
export async function startKafkaStandIn(): Promise<KafkaStandIn> {
  const topics = new Map<string, { batches: { offset: number; bytes: Buffer }[]; end: number }>()
  const sockets = new Set<Socket>()

  function topicOf(name: string) {
    const topic = topics.get(name) ?? { batches: [], end: 0 }
    topics.set(name, topic)
    return topic
  }

  /** Its batches from an offset on: the offset of the first message is the broker's to write, and not in the checksum. */
  function batchesFrom(name: string, offset: bigint): Buffer {
    return Buffer.concat(
      topicOf(name)
        .batches.filter(batch => BigInt(batch.offset) >= offset)
        .map(({ bytes }) => bytes),
    )
  }

  function append(name: string, bytes: Buffer): number {
    const topic = topicOf(name)
    const offset = topic.end
    const batch = Buffer.from(bytes)
    batch.writeBigInt64BE(BigInt(offset))
    topic.end += batch.readInt32BE(23) + 1
    topic.batches.push({ offset, bytes: batch })
    return offset
  }

  /** For each topic and partition of a request, the answer's members. */
  function eachPartition(reader: KafkaReader, answer: (topic: string, partition: number) => KafkaValue[]): KafkaValue {
    const list = reader.array(() => {
      const topic = reader.string()
      const partitions = reader.array(() => {
        const partition = reader.int32()
        return [i32(partition), ...answer(topic, partition)]
      })
      return [topic, { list: partitions }]
    })
    return { list }
  }

  const answers: Record<keyof typeof VERSIONS, (reader: KafkaReader) => KafkaValue[] | Promise<KafkaValue[]>> = {
    apiVersions: () => {
      const list = Object.values(VERSIONS).map(([api, version]) => [i16(api), i16(version), i16(version)])
      return [OK, { list }]
    },
    metadata(reader) {
      const names = reader.array(() => reader.string())
      const { port } = server.address() as AddressInfo
      const partition = [OK, i32(0), i32(1), { list: [[i32(1)]] }, { list: [[i32(1)]] }]
      const broker = [i32(1), '127.0.0.1', i32(port), '']
      return [{ list: [broker] }, i32(1), { list: names.map(name => [OK, name, i8(0), { list: [partition] }]) }]
    },
    produce(reader) {
      reader.string()
      reader.skip(6)
      return [eachPartition(reader, topic => [OK, i64(append(topic, reader.bytes())), i64(-1)]), i32(0)]
    },
    async fetch(reader) {
      reader.skip(17)
      let found = 0
      const responses = eachPartition(reader, topic => {
        const batches = batchesFrom(topic, reader.int64())
        reader.int32()
        found += batches.length
        const { end } = topicOf(topic)
        return [OK, i64(end), i64(end), { list: [] }, batches]
      })
      if (found === 0) await new Promise(resolve => setTimeout(resolve, EMPTY_FETCH_MS))
      return [i32(0), responses]
    },
    listOffsets(reader) {
      reader.int32()
      return [
        eachPartition(reader, topic => {
          const latest = reader.int64() === -1n
          return [OK, i64(-1), i64(latest ? topicOf(topic).end : 0)]
        }),
      ]
    },
    findCoordinator: () => [OK, i32(1), '127.0.0.1', i32((server.address() as AddressInfo).port)],
    joinGroup(reader) {
      reader.string()
      reader.int32()
      reader.string()
      reader.string()
      const [protocol] = reader.array(() => ({ name: reader.string(), metadata: reader.bytes() }))
      const members = { list: [[MEMBER, protocol?.metadata ?? Buffer.alloc(0)]] }
      return [OK, i32(1), protocol?.name ?? '', MEMBER, MEMBER, members]
    },
    syncGroup(reader) {
      reader.string()
      reader.int32()
      reader.string()
      const [assigned] = reader.array(() => ({ member: reader.string(), assignment: reader.bytes() }))
      return [OK, assigned?.assignment ?? Buffer.alloc(0)]
    },
    offsetFetch(reader) {
      reader.string()
      return [eachPartition(reader, () => [i64(-1), '', OK])]
    },
    offsetCommit(reader) {
      reader.string()
      reader.int32()
      reader.string()
      reader.skip(8)
      return [
        eachPartition(reader, () => {
          reader.skip(8).string()
          return [OK]
        }),
      ]
    },
    heartbeat: () => [OK],
    leaveGroup: () => [OK],
  }

  async function answer(socket: Socket, request: Buffer): Promise<void> {
    const reader = new KafkaReader(request)
    const [api, , correlation] = [reader.int16(), reader.int16(), reader.int32()]
    reader.string()
    const name = (Object.keys(VERSIONS) as (keyof typeof VERSIONS)[]).find(each => VERSIONS[each][0] === api)
    if (name === undefined) return void socket.destroy()
    const body = await answers[name](reader)
    socket.write(writeKafka([writeKafka([i32(correlation), ...body])]))
  }

  const server = createServer(socket => {
    let waiting = Buffer.alloc(0)
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket)).on('error', () => {})
    socket.on('data', chunk => {
      waiting = Buffer.concat([waiting, chunk])
      while (waiting.length >= 4 && waiting.length >= 4 + waiting.readInt32BE(0)) {
        const end = 4 + waiting.readInt32BE(0)
        answer(socket, waiting.subarray(4, end)).catch(() => socket.destroy())
        waiting = waiting.subarray(end)
      }
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')

  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    async stop() {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}
