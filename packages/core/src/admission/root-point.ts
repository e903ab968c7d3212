import type { LocalTrace } from '../points/local-trace.js'
import { Profiler } from '../points/profiler.js'
import type { PointInfo } from '../record/trace-record.js'
import type { AdmittedTrace } from './admitted-trace.js'

/** The point with which a process takes up a trace from elsewhere: of a served request, call or message. */
export class RootPoint {
  /** Profiler for the code that serves, inside the point. */
  readonly profiler: Profiler
  readonly #trace: LocalTrace
  readonly #tells: boolean

  /** Opens the point. */
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

  /** To be called once, after the profiler has ended. */
  ended(): void {
    if (this.#tells) this.#trace.known.closeTeller()
    this.#trace.end()
  }
}
