import type { TraceRecord } from '@osprofiler/core'
import { startPython } from './start-python.js'

/** A line that the script prints. */
export interface OsloLine {
  readonly serving?: boolean
  readonly record?: TraceRecord
  /** The names of the context that a served call came with. */
  readonly context?: readonly string[]
  readonly result?: unknown
  readonly error?: string
}

/** Python's oslo.messaging, as a client or as a server. */
export interface OsloPeer {
  /** Has a client call, within a trace where one is named, and resolves when it is answered. */
  call(baseId: string | null, key: string, method: string, args: object): Promise<OsloLine>
  /** What was printed, once `found` says that all of it is there. */
  lines(found: (lines: readonly OsloLine[]) => boolean): Promise<readonly OsloLine[]>
  stop(): Promise<void>
}

/** Starts it; a server has joined its topic then. */
export async function startOsloPeer(role: 'call' | 'serve', url: string, topic: string): Promise<OsloPeer> {
  const child = startPython('oslo_rpc.py', [role, url.replace(/^amqp:/, 'rabbit:'), topic])
  const lines: OsloLine[] = []

  async function read(found: (lines: readonly OsloLine[]) => boolean): Promise<readonly OsloLine[]> {
    while (!found(lines)) lines.push(JSON.parse(await child.readLine()))
    return lines
  }

  if (role === 'serve') await read(all => all.some(({ serving }) => serving))
  return {
    async call(baseId, key, method, args) {
      lines.length = 0
      child.writeLine(JSON.stringify([baseId, key, method, args]))
      const all = await read(these => these.some(({ result, error }) => result !== undefined || error !== undefined))
      return all.at(-1) ?? {}
    },
    lines: read,
    stop: child.stop,
  }
}
