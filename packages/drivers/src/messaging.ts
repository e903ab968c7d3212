import { type Driver, OsprofilerError, type TraceQuery, type TraceRecord, type TraceSummary } from '@osprofiler/core'
import { findClient } from './client-package.js'
import { keepAlive } from './keep-alive.js'
import { type BrokerConnection, connectToBroker, describeFailure, shownHost } from './messaging-connection.js'
import { encodeNotification } from './messaging-notification.js'
import { openPublisher, type Publisher } from './messaging-publisher.js'
import { scanQueue, type Waiting } from './messaging-scan.js'
import { readMessagingSettings } from './messaging-url.js'
import type { OpenContext } from './open-context.js'
import { isSelected, readBefore, readQuery } from './trace-query.js'
import { createTally, newestFirst, type TraceTally } from './trace-tally.js'
import { createTurns } from './turns.js'

const BATCH = 500
const CLOSE_PATIENCE_MS = 2_000
/** For so long an operation keeps the process alive, in milliseconds. */
const HOLD = { write: 5_000, read: 60_000 }

/**
 * Sends records as notifications of oslo.messaging over RabbitMQ, as OSProfiler's services do by default. Written means
 * that the broker has confirmed.
 *
 * A queue is no store: what waits in it is read by looking through it, and whoever consumes it takes it away.
 */
export function openMessagingDriver(location: string, context: OpenContext): Driver {
  const settings = readMessagingSettings(location)
  findClient('amqplib', context.scheme)
  const inTurn = createTurns()
  let connection: BrokerConnection | undefined
  let publisher: Publisher | undefined
  let closed = false

  async function connect(): Promise<BrokerConnection> {
    if (connection?.isOpen === true) return connection
    publisher = undefined
    connection = await connectToBroker(settings)
    return connection
  }

  async function publish(contents: readonly Buffer[]): Promise<number> {
    const open = await connect()
    try {
      publisher ??= await openPublisher(open, settings)
    } catch (error) {
      open.destroy()
      throw toStoreError(error)
    }
    try {
      return await publisher.publish(contents)
    } catch (error) {
      if (!publisher.isOpen) publisher = undefined
      throw error
    }
  }

  function scan(see: (waiting: Waiting) => void, finish?: () => void): Promise<void> {
    checkOpen()
    return keepAlive(HOLD.read, () =>
      inTurn(async () => {
        const open = await connect()
        try {
          await scanQueue(open, see, finish)
        } catch (error) {
          open.destroy()
          throw toStoreError(error)
        }
      }),
    )
  }

  async function list(
    query: TraceQuery | undefined,
    isWanted: (tally: TraceTally) => boolean,
  ): Promise<TraceSummary[]> {
    const selection = readQuery(query)
    const tallies = new Map<string, TraceTally>()
    await scan(({ record }) => tallyOf(tallies, record.base_id, createTally).add(record))
    const summaries = [...tallies.values()].filter(isWanted).flatMap(({ summary }) => summary ?? [])
    return summaries
      .filter(summary => isSelected(summary, selection))
      .sort(newestFirst)
      .slice(0, selection.limit)
  }

  function checkOpen(): void {
    if (closed) throw new OsprofilerError('ERR_STORE', 'This store was closed. Open it again with openDriver().')
  }

  return {
    name: 'messaging',
    location: settings.brokers.map(shownHost).join(','),
    async write(records) {
      checkOpen()
      const contents = records.flatMap(record => encodeNotification(record) ?? [])
      const refused = records.length - contents.length
      if (contents.length === 0) return { refused }
      return { refused: refused + (await keepAlive(HOLD.write, () => inTurn(() => publish(contents)))) }
    },
    async *readRecords(baseId) {
      const found: TraceRecord[] = []
      await scan(({ record }) => {
        if (record.base_id === baseId) found.push(record)
      })
      for (let from = 0; from < found.length; from += BATCH) yield found.slice(from, from + BATCH)
    },
    listTraces: async query => list(query, () => true),
    listErrorTraces: async query => list(query, tally => tally.failed),
    async deleteTrace(baseId) {
      let removed = 0
      await scan(({ record, take }) => {
        if (record.base_id !== baseId) return
        take()
        removed++
      })
      return removed
    },
    async pruneTraces(before) {
      const limit = readBefore(before)
      const traces = new Map<string, { newest: string; takes: (() => void)[] }>()
      let removed = 0
      await scan(
        ({ record, take }) => {
          const trace = tallyOf(traces, record.base_id, () => ({ newest: '', takes: [] }))
          trace.takes.push(take)
          if (record.timestamp > trace.newest) trace.newest = record.timestamp
        },
        () => {
          for (const { newest, takes } of traces.values()) {
            if (newest >= limit) continue
            for (const take of takes) take()
            removed++
          }
        },
      )
      return removed
    },
    async close() {
      closed = true
      await inTurn(async () => {
        const open = connection
        connection = undefined
        if (open?.isOpen !== true) return
        const patience = setTimeout(() => open.destroy(), CLOSE_PATIENCE_MS)
        await open.model.close().catch(() => undefined)
        clearTimeout(patience)
        open.destroy()
      })
    },
  }
}

function tallyOf<Value>(values: Map<string, Value>, key: string, create: () => Value): Value {
  const value = values.get(key) ?? create()
  values.set(key, value)
  return value
}

function toStoreError(error: unknown): unknown {
  if (error instanceof OsprofilerError) return error
  return new OsprofilerError('ERR_STORE', `The message broker cannot be used: ${describeFailure(error)}.`)
}
