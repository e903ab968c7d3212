import { describe, it } from 'vitest'
import { endBesideHang, expectEndInTime, WAYS_TO_END } from './end-beside-hang.js'

/** A server that can be made to hang. */
export interface HangingServer {
  /** The store's connection string. */
  url(): string
  /** Has it hang, each in its way. */
  readonly hangs: Readonly<Record<string, () => Promise<unknown> | undefined>>
  /** Has it answer again. */
  heal(): Promise<unknown> | undefined
}

/** Declares that a program ends in time whose store has taken records and hangs since. */
export function describeHungServer(name: string, hangs: readonly string[], get: () => HangingServer): void {
  describe.each(hangs)(`${name} that hangs, %s`, hang => {
    it.each(WAYS_TO_END)('does not hold up a program that %s', async how => {
      const server = get()

      const end = await endBesideHang(server.url(), how, server.hangs[hang])
      await server.heal()

      expectEndInTime(end, `${name}, ${hang}, ${how}`)
    })
  })
}
