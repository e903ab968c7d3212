import type { LocalTrace } from '../points/local-trace.js'
import { Profiler } from '../points/profiler.js'
import type { PointInfo } from '../record/trace-record.js'
import type { AdmittedTrace } from './admitted-trace.js'

/** The point of a served request, call or message, with which this process joins a trace from elsewhere. */
export class RootPoint {
  /** Profiler for the code that serves, inside the point. */
  readonly profiler: Profiler
  readonly #trace: LocalTrace
  readonly #tells: boolean

  constructor(admitted: AdmittedTrace, maxPoints: number, name: string, info: PointInfo) {
    this.#trace = admitted.open(maxPoints)
    this.#tells = this.#trace.known.openTeller(maxPoints)
    try {
      this.profiler = new Profiler(this.#trace).fork(name, info)
    } catch (error) {
      this.ended()
      throw error
    }
  }

  /** Must be called once, after the profiler has ended. */
  ended(): void {
    if (this.#tells) this.#trace.known.closeTeller()
    this.#trace.end()
  }
}
