import type { Socket } from 'node:net'
import nodeProcess from 'node:process'
import nodeTimers from 'node:timers'

type Timers = Pick<typeof nodeTimers, (typeof TIMER_NAMES)[number]>

const TIMER_NAMES = [
  'setTimeout',
  'clearTimeout',
  'setInterval',
  'clearInterval',
  'setImmediate',
  'clearImmediate',
] as const
const { Object, Reflect } = globalThis
const { toString: readSource } = Function.prototype

/** Returns Node's own timers, even if zone.js or fake timers replaced them before this package was loaded. */
export function takeTimers(): Timers {
  // Avoids replaced timers: a fake timer may never fire, and a zone waits for every timer that is set inside it.
  const timers = Object.fromEntries(TIMER_NAMES.map(name => [name, unwrapZone(nodeTimers[name])])) as unknown as Timers
  // Bun's timers are native code, and the timers of its sockets cannot be constructed.
  const isKept = isNodeTimer(timers.setTimeout) || 'bun' in nodeProcess.versions
  return isKept ? timers : (takeSocketTimers() ?? timers)
}

/** Returns Node's original function if zone.js has replaced it. zone.js stores the original under the name below. */
function unwrapZone(timer: object): unknown {
  return Reflect.get(timer, '__zone_symbol__OriginalDelegate') ?? timer
}

function isNodeTimer(setTimeout: object): boolean {
  return /new Timeout\(/.test(Reflect.apply(readSource, setTimeout, []))
}

type Callback = (...args: unknown[]) => void
/**
 * The constructor of Node's internal class `Timeout`. Node also uses this class in sockets, where no application can
 * replace it.
 */
type Timer = new (callback: Callback, ms: number, args: unknown[], repeats: boolean, holds: boolean) => NodeJS.Timeout

function takeSocketTimers(): Timers | undefined {
  const socket: Socket = new (nodeProcess.getBuiltinModule('node:net').Socket)()
  socket.setTimeout(60_000)
  const timer = Object.getOwnPropertySymbols(socket)
    .map(key => Reflect.get(socket, key) as object | null | undefined)
    .find(value => value?.constructor?.name === 'Timeout')
  socket.setTimeout(0)
  if (!timer) return undefined
  const Timer = timer.constructor as Timer
  const set = (callback: Callback, ms = 1, ...args: unknown[]): NodeJS.Timeout =>
    new Timer(callback, ms, args, false, true).refresh()
  const clear = (timeout: NodeJS.Timeout | undefined): void => void timeout?.close()
  return {
    setTimeout: set,
    clearTimeout: clear,
    setInterval: (callback: Callback, ms = 1, ...args: unknown[]) =>
      new Timer(callback, ms, args, true, true).refresh(),
    clearInterval: clear,
    setImmediate: (callback: Callback, ...args: unknown[]) => set(callback, 1, ...args),
    clearImmediate: clear,
  } as unknown as Timers
}
