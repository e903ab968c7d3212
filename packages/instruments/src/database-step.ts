import type { Point, PointInfo, Profiler } from '@osprofiler/core'

/**
 * A call of a database: a point `db`, and before it, where the call could not be sent at once, a point `wait` that
 * says for what it waited. What happens twice, or after its end, counts once.
 */
export class DatabaseStep {
  readonly #profiler: Profiler
  readonly #info: PointInfo
  #wait: Point | undefined
  #call: Point | undefined

  constructor(profiler: Profiler, info: PointInfo) {
    this.#profiler = profiler
    this.#info = info
  }

  /** Whether it has been sent. */
  get sent(): boolean {
    return this.#call !== undefined
  }

  /** It has to wait, for a `connection` to be opened or for one of a `pool`. */
  wait(reason: 'connection' | 'pool'): void {
    if (!this.sent) this.#wait ??= this.#profiler.startBeside('wait', { wait: { for: reason } })
  }

  /** It is sent now. */
  send(): void {
    this.#wait?.stop()
    this.#call ??= this.#profiler.startBeside('db', this.#info)
  }

  stop(info?: PointInfo): void {
    if (this.#wait === undefined) this.send()
    this.#open()?.stop(info)
  }

  /** One that failed while it waited has failed of that; one that was refused at once, by itself. */
  fail(error: unknown): void {
    if (this.#wait === undefined) this.send()
    this.#open()?.fail(error)
  }

  #open(): Point | undefined {
    return this.#call ?? this.#wait
  }
}
