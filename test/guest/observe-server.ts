import { once } from 'node:events'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setImmediate as turn } from 'node:timers/promises'
import { createTraceId, setNotifier, signedPack, type TraceRecord } from '@osprofiler/core'
import { type InstrumentName, instrument } from '@osprofiler/instruments'
import { sendRaw } from '../adapters/send-raw.js'
import { createTicks, type Ticks } from './ticks.js'

export const KEY = 'SECRET'

/** How a program runs: without this project, or with parts of it. */
export interface Variant {
  readonly adapter: boolean
  readonly signed: boolean
  readonly layers: boolean
}

export const UNTRACED_VARIANT: Variant = { adapter: false, signed: false, layers: false }

/** The variants that must not change a program's behavior, by name. */
export const VARIANTS: Readonly<Record<string, Variant>> = {
  'an unsigned request': { adapter: true, signed: false, layers: false },
  'a signed request': { adapter: true, signed: true, layers: false },
  'an unsigned request and points for layers': { adapter: true, signed: false, layers: true },
  'a signed request and points for layers': { adapter: true, signed: true, layers: true },
  'points for layers, but no middleware': { adapter: false, signed: true, layers: true },
}

/** Creates a server that records its steps and their times in `ticks`. */
export type MakeServer = (ticks: Ticks, variant: Variant) => Promise<Server> | Server

export interface Observed {
  /** The entries that the program recorded. */
  readonly log: readonly string[]
  /** The response as received from the socket. */
  readonly answer: string
}

/** Runs a program in one variant, sends its server one request, and returns everything that can be observed. */
export async function observe(
  framework: InstrumentName,
  makeServer: MakeServer,
  variant: Variant,
): Promise<{ observed: Observed; open: readonly string[]; points: number }> {
  const records: TraceRecord[] = []
  setNotifier(record => records.push(record))
  const undo = variant.layers ? instrument([framework]) : () => undefined
  const ticks = createTicks()
  const server = await makeServer(ticks, variant)
  try {
    if (!server.listening) await once(server.listen(0, '127.0.0.1'), 'listening')
    const baseId = createTraceId()
    const [info, hmac] = signedPack({ base_id: baseId, parent_id: baseId }, KEY)
    const headers = [
      ['X-Trace-Info', info],
      ['X-Trace-HMAC', hmac],
    ] as const
    const { text } = await sendRaw((server.address() as AddressInfo).port, variant.signed ? headers : [])
    await ticks.over
    for (let turns = 0; turns < 20; turns++) await turn()
    return { observed: { log: ticks.log, answer: text }, open: findOpenPoints(records), points: records.length }
  } finally {
    server.closeAllConnections()
    await new Promise(resolve => server.close(resolve))
    undo()
    setNotifier(undefined)
  }
}

/** Returns the points that do not have exactly one start and one stop. */
function findOpenPoints(records: readonly TraceRecord[]): string[] {
  const names = new Map<string, string>()
  for (const { name, trace_id, info } of records) {
    const { layer } = info as { layer?: { name: string } }
    if (name.endsWith('-start')) names.set(trace_id, layer?.name ?? name)
    else if (!names.delete(trace_id)) names.set(`${trace_id} again`, `${name} without a start`)
  }
  return [...names.values()]
}
