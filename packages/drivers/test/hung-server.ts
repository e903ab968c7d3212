import { it } from 'vitest'
import { endAllBesideHang, expectAllEndInTime } from './end-beside-hang.js'

/** Server that can be made to hang. */
export interface HangingServer {
  /** The store's connection string. */
  url(): string
  /** Functions that make the server hang, each in a different way. */
  readonly hangs: Readonly<Record<string, () => Promise<unknown>>>
  /** Makes the server answer again. */
  heal(): Promise<unknown>
}

/** Declares that a program ends in time, in each way to end, if its store hangs after it accepted records. */
export function describeHungServer(name: string, hangs: readonly string[], get: () => HangingServer): void {
  it.each(hangs)(`${name} that hangs, %s, delays no program, however the program ends`, async hang => {
    const { url, hangs, heal } = get()

    const ends = await endAllBesideHang(url(), async () => await hangs[hang]?.())
    await heal()

    expectAllEndInTime(ends, `${name}, ${hang}`)
  })
}
