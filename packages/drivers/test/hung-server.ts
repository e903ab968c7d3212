import { it } from 'vitest'
import { endAllBesideHang, expectAllEndInTime } from './end-beside-hang.js'

/** A server that can be made to hang. */
export interface HangingServer {
  /** The store's connection string. */
  url(): string
  /** Has it hang, each in its way. */
  readonly hangs: Readonly<Record<string, () => Promise<unknown>>>
  /** Has it answer again. */
  heal(): Promise<unknown>
}

/** Declares that a program ends in time, in each way to end, whose store has taken records and hangs since. */
export function describeHungServer(name: string, hangs: readonly string[], get: () => HangingServer): void {
  it.each(hangs)(`${name} that hangs, %s, delays no program, however the program ends`, async hang => {
    const { url, hangs, heal } = get()

    const ends = await endAllBesideHang(url(), async () => await hangs[hang]?.())
    await heal()

    expectAllEndInTime(ends, `${name}, ${hang}`)
  })
}
