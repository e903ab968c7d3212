// A stand-in for MongoDB, for features that mongo-java-server lacks: users, TLS, the removal of old documents,
// failures, and a list of the received commands. It speaks the wire protocol over real sockets: OP_MSG, and OP_QUERY
// for a client's first hello. The stand-in keeps documents in memory, and refuses every command, operator or option
// that it does not know. mongodb-stand-in.test.ts compares its answers with those of mongo-java-server.
import { once } from 'node:events'
import { createServer, type Server, type Socket } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'
import { BSON } from 'mongodb'
import { findFreePort } from '../../../../test/servers/free-port.js'
import { decodeDocument } from './bson-elements.js'
import { type Command, type Credentials, type Session, StandInDatabase } from './mongodb-commands.js'
import { CommandFailure } from './mongodb-query.js'

export interface MongodbStandIn {
  readonly host: string
  readonly port: number
  readonly database: StandInDatabase
  /** Chooses the answer to a command. If the function returns undefined, the stand-in answers by itself. */
  intercept: ((command: Command) => Readonly<Record<string, unknown>> | undefined) | undefined
  /** The names of the commands received since the start. */
  readonly commands: string[]
  /** Breaks all connections, and accepts no new connections. */
  kill(): Promise<void>
  /** Accepts connections again, on the same port and with the same data. */
  restart(): Promise<void>
}

export interface MongodbStandInOptions {
  readonly credentials?: Credentials
  readonly tls?: { readonly cert: Buffer; readonly key: Buffer }
}

const HEADER = 16
const OP_REPLY = 1
const OP_QUERY = 2_004
const OP_MSG = 2_013
const MORE_TO_COME = 2
const MAX_MESSAGE = 48_000_000

export async function startMongodb({ credentials, tls }: MongodbStandInOptions = {}): Promise<MongodbStandIn> {
  const port = await findFreePort()
  const database = new StandInDatabase(credentials)
  const sockets = new Set<Socket>()
  let server: Server | undefined

  const standIn: MongodbStandIn = {
    host: '127.0.0.1',
    port,
    database,
    intercept: undefined,
    commands: [],
    async kill() {
      const closing = server
      server = undefined
      closing?.close()
      for (const socket of sockets) socket.destroy()
      if (closing !== undefined) await once(closing, 'close')
    },
    async restart() {
      if (server !== undefined) return
      server = tls === undefined ? createServer(serve) : createTlsServer(tls, serve)
      server.listen(port, '127.0.0.1').unref()
      await once(server, 'listening')
    },
  }
  await standIn.restart()
  return standIn

  function serve(socket: Socket): void {
    const session: Session = { authenticated: false, conversation: undefined }
    let waiting = Buffer.alloc(0)
    sockets.add(socket)
    socket.unref()
    socket.on('close', () => sockets.delete(socket))
    socket.on('error', () => undefined)
    socket.on('data', chunk => {
      waiting = Buffer.concat([waiting, chunk])
      while (waiting.length >= HEADER && waiting.length >= waiting.readInt32LE(0)) {
        const length = waiting.readInt32LE(0)
        if (length > MAX_MESSAGE) return void socket.destroy()
        const reply = answerMessage(waiting.subarray(0, length), session)
        waiting = waiting.subarray(length)
        if (reply !== undefined) socket.write(reply)
      }
    })
  }

  function answerMessage(message: Buffer, session: Session): Buffer | undefined {
    const request = message.readInt32LE(4)
    const code = message.readInt32LE(12)
    if (code === OP_QUERY) return toReply(request, answer(readQuery(message), session))
    if (code !== OP_MSG) throw new Error(`A message of code ${code} is not understood here.`)
    const reply = answer(readMessage(message), session)
    return message.readUInt32LE(HEADER) & MORE_TO_COME ? undefined : toMessage(request, reply)
  }

  function answer(command: Command, session: Session): Readonly<Record<string, unknown>> {
    standIn.commands.push(command.name)
    try {
      return standIn.intercept?.(command) ?? database.answer(command, session)
    } catch (error) {
      if (!(error instanceof CommandFailure)) throw error
      return { ok: 0, errmsg: error.message, code: error.code, codeName: error.codeName }
    }
  }
}

/**
 * Reads a message. A message has a document, and may have sequences of documents, which are the values of members of
 * that document.
 */
function readMessage(message: Buffer): Command {
  let body: Buffer = Buffer.alloc(0)
  const documents: Buffer[] = []
  for (let at = HEADER + 4; at < message.length; ) {
    const kind = message[at]
    const size = message.readInt32LE(at + 1)
    const section = message.subarray(at + 1, at + 1 + size)
    if (kind === 0) body = section
    else for (let next = section.indexOf(0, 4) + 1; next < size; ) next = takeDocument(section, next, documents)
    at += 1 + size
  }
  const values = decodeDocument(body)
  const [name = ''] = Object.keys(values)
  const inBody = [values.documents, values.deletes, values.updates].flat().filter(value => value !== undefined)
  return {
    name,
    values,
    documents: [...documents, ...inBody.map(value => Buffer.from(BSON.serialize(value as object)))],
  }
}

function takeDocument(section: Buffer, at: number, documents: Buffer[]): number {
  const end = at + section.readInt32LE(at)
  documents.push(Buffer.from(section.subarray(at, end)))
  return end
}

/** Reads the first hello of a client that does not know the server's version yet. */
function readQuery(message: Buffer): Command {
  const collectionEnd = message.indexOf(0, HEADER + 4)
  const values = decodeDocument(message.subarray(collectionEnd + 9))
  const [name = ''] = Object.keys(values)
  if (!/^(?:hello|ismaster)$/i.test(name)) throw new Error(`OP_QUERY of "${name}" is not understood here.`)
  return { name, values, documents: [] }
}

function toMessage(request: number, reply: Readonly<Record<string, unknown>>): Buffer {
  return toPacket(request, OP_MSG, Buffer.concat([Buffer.alloc(5), serialize(reply)]))
}

function toReply(request: number, reply: Readonly<Record<string, unknown>>): Buffer {
  const prefix = Buffer.alloc(20)
  prefix.writeInt32LE(8)
  prefix.writeInt32LE(1, 16)
  return toPacket(request, OP_REPLY, Buffer.concat([prefix, serialize(reply)]))
}

/** Serializes a reply. The documents of a cursor are inserted unchanged. */
function serialize(reply: Readonly<Record<string, unknown>>): Buffer {
  const { cursor } = reply
  if (typeof cursor !== 'object' || cursor === null) return Buffer.from(BSON.serialize(reply))
  const entries = Object.entries(cursor).map(([name, value]) => {
    return Array.isArray(value) ? element(4, name, joinArray(value)) : memberOf(name, value)
  })
  const rest = Object.entries(reply).filter(([name]) => name !== 'cursor')
  return wrap([element(3, 'cursor', wrap(entries)), ...rest.map(([name, value]) => memberOf(name, value))])
}

function joinArray(documents: readonly Buffer[]): Buffer {
  return wrap(documents.map((document, index) => element(3, String(index), document)))
}

function memberOf(name: string, value: unknown): Buffer {
  return Buffer.from(BSON.serialize({ [name]: value })).subarray(4, -1)
}

function element(type: number, name: string, value: Buffer): Buffer {
  return Buffer.concat([Buffer.of(type), Buffer.from(`${name}\0`), value])
}

function wrap(elements: readonly Buffer[]): Buffer {
  const length = Buffer.alloc(4)
  const body = Buffer.concat([...elements, Buffer.of(0)])
  length.writeInt32LE(body.length + 4)
  return Buffer.concat([length, body])
}

function toPacket(request: number, code: number, body: Buffer): Buffer {
  const header = Buffer.alloc(HEADER)
  header.writeInt32LE(body.length + HEADER)
  header.writeInt32LE(request, 4)
  header.writeInt32LE(request, 8)
  header.writeInt32LE(code, 12)
  return Buffer.concat([header, body])
}
