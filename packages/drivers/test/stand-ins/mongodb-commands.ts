import { BSON } from 'mongodb'
import { decodeDocument } from './bson-elements.js'
import { StandInCollection } from './mongodb-collections.js'
import { CommandFailure } from './mongodb-query.js'
import { type Conversation, createConversation } from './mongodb-scram.js'

type Values = Readonly<Record<string, unknown>>

/** A command as it was sent: its members, and the documents that are separate from the members. */
export interface Command {
  readonly name: string
  readonly values: Values
  /** The documents of `insert`, as they were sent. */
  readonly documents: readonly Buffer[]
}

/** The state of a connection. */
export interface Session {
  authenticated: boolean
  conversation: Conversation | undefined
}

export interface Credentials {
  readonly username: string
  readonly password: string
}

const OPEN_TO_ALL = new Set(['hello', 'ismaster', 'isMaster', 'saslStart', 'saslContinue', 'ping', 'endSessions'])
const FIRST_BATCH = 101
/** The wire version of MongoDB 7.0. */
const WIRE_VERSION = 21
const OK = { ok: 1 }

/** Keeps the collections of a server, and answers commands. Unknown commands are refused. */
export class StandInDatabase {
  readonly #collections = new Map<string, StandInCollection>()
  readonly #cursors = new Map<string, Buffer[]>()
  readonly #credentials: Credentials | undefined
  #nextCursor = 1

  constructor(credentials: Credentials | undefined) {
    this.#credentials = credentials
  }

  collection(name: string): StandInCollection {
    const collection = this.#collections.get(name) ?? new StandInCollection(name)
    this.#collections.set(name, collection)
    return collection
  }

  expire(now: number): void {
    for (const collection of this.#collections.values()) collection.expire(now)
  }

  answer(command: Command, session: Session): Values {
    const { name, values } = command
    if (this.#credentials !== undefined && !session.authenticated && !OPEN_TO_ALL.has(name)) {
      throw new CommandFailure(13, 'Unauthorized', `Command ${name} requires authentication`)
    }
    if (name === 'hello' || name.toLowerCase() === 'ismaster') return this.#hello(values, session)
    if (name === 'saslStart' || name === 'saslContinue') return this.#authenticate(name, values, session)
    if (name === 'ping' || name === 'endSessions') return OK
    return this.#work(command)
  }

  #hello(values: Values, session: Session): Values {
    const { speculativeAuthenticate, saslSupportedMechs } = values
    const offer = this.#credentials === undefined ? undefined : (speculativeAuthenticate as Values | undefined)
    return {
      helloOk: true,
      ismaster: true,
      isWritablePrimary: true,
      maxBsonObjectSize: 16_777_216,
      maxMessageSizeBytes: 48_000_000,
      maxWriteBatchSize: 100_000,
      localTime: new Date(),
      logicalSessionTimeoutMinutes: 30,
      minWireVersion: 0,
      maxWireVersion: WIRE_VERSION,
      readOnly: false,
      ...(saslSupportedMechs === undefined ? {} : { saslSupportedMechs: ['SCRAM-SHA-256'] }),
      ...(offer?.mechanism === 'SCRAM-SHA-256'
        ? { speculativeAuthenticate: this.#authenticate('saslStart', offer, session) }
        : {}),
      ...OK,
    }
  }

  #authenticate(name: string, { payload, mechanism }: Values, session: Session): Values {
    const { username, password } = this.#credentials ?? {}
    if (username === undefined || password === undefined || (mechanism ?? 'SCRAM-SHA-256') !== 'SCRAM-SHA-256') {
      throw new CommandFailure(334, 'MechanismUnavailable', 'Only SCRAM-SHA-256 is offered')
    }
    const text = Buffer.from((payload as { readonly buffer: Uint8Array }).buffer).toString()
    if (name === 'saslStart') session.conversation = createConversation(username, password)
    const { conversation } = session
    if (conversation === undefined) throw new CommandFailure(17, 'ProtocolError', 'No SASL session state found')
    // The last message of a client may be empty, because the client has already proven its identity.
    const answer = name === 'saslStart' ? conversation.start(text) : text === '' ? '' : conversation.finish(text)
    if (name === 'saslContinue') session.authenticated = true
    return { conversationId: 1, done: name === 'saslContinue', payload: new BSON.Binary(Buffer.from(answer)), ...OK }
  }

  #work({ name, values, documents }: Command): Values {
    const namespace = `${String(values.$db)}.${String(values[name])}`
    switch (name) {
      case 'insert': {
        const errors = this.collection(namespace).insert(documents, values.ordered !== false)
        return { n: documents.length - errors.length, ...(errors.length > 0 ? { writeErrors: errors } : {}), ...OK }
      }
      case 'find': {
        const found = this.collection(namespace).find((values.filter ?? {}) as Values, values)
        return this.#openCursor(namespace, found, values.limit ? found.length : (values.batchSize ?? FIRST_BATCH))
      }
      case 'aggregate': {
        const { batchSize = FIRST_BATCH } = values.cursor as Values
        return this.#openCursor(namespace, this.collection(namespace).aggregate(values.pipeline as Values[]), batchSize)
      }
      case 'getMore':
        return this.#getMore(`${String(values.$db)}.${String(values.collection)}`, values)
      case 'killCursors':
        for (const id of values.cursors as unknown[]) this.#cursors.delete(String(id))
        return { cursorsKilled: values.cursors, ...OK }
      case 'distinct':
        return { values: this.collection(namespace).distinct(String(values.key)), ...OK }
      case 'delete':
        return { n: this.#delete(namespace, documents), ...OK }
      case 'update':
        return this.#update(namespace, documents)
      case 'createIndexes':
        for (const index of values.indexes as never[]) this.collection(namespace).createIndex(index)
        return OK
      case 'listIndexes': {
        const indexes = this.collection(namespace).indexes.map(index => Buffer.from(BSON.serialize(index)))
        return this.#openCursor(namespace, indexes, indexes.length)
      }
      default:
        throw new CommandFailure(59, 'CommandNotFound', `no such command: '${name}'`)
    }
  }

  #delete(namespace: string, deletes: readonly Buffer[]): number {
    return deletes.map(decodeDocument).reduce((sum, { q, limit }) => {
      return sum + this.collection(namespace).delete(q as Values, Number(limit))
    }, 0)
  }

  #update(namespace: string, updates: readonly Buffer[]): Values {
    const results = updates.map(decodeDocument).map(({ q, u, upsert }) => {
      return this.collection(namespace).update(q as Values, u as Values, upsert === true)
    })
    const upserted = results.flatMap(({ upsertedId }, index) =>
      upsertedId === undefined ? [] : [{ index, _id: upsertedId }],
    )
    const n = results.reduce((sum, result) => sum + result.n, 0)
    return { n, nModified: n - upserted.length, ...(upserted.length > 0 ? { upserted } : {}), ...OK }
  }

  #openCursor(ns: string, found: Buffer[], batchSize: unknown): Values {
    const id = this.#nextCursor++
    const first = found.slice(0, Number(batchSize))
    const rest = found.slice(first.length)
    if (rest.length > 0) this.#cursors.set(String(id), rest)
    return { cursor: { firstBatch: first, id: BSON.Long.fromNumber(rest.length > 0 ? id : 0), ns }, ...OK }
  }

  #getMore(ns: string, { getMore, batchSize }: Values): Values {
    const id = String(getMore)
    const rest = this.#cursors.get(id)
    if (rest === undefined) throw new CommandFailure(43, 'CursorNotFound', `cursor id ${id} not found`)
    const next = rest.splice(0, Number(batchSize ?? rest.length))
    if (rest.length === 0) this.#cursors.delete(id)
    return { cursor: { nextBatch: next, id: BSON.Long.fromNumber(rest.length > 0 ? Number(id) : 0), ns }, ...OK }
  }
}
