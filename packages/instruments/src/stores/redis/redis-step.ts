import type { Point, PointInfo, Profiler } from '@osprofiler/core'

/**
 * A call of a database: a point `db`, and before it, where the call could not be sent at once, a point `wait` that
 * says for what it waited. A call that failed before it was sent is a `db` point all the same, which says what it was.
 */
export class RedisStep {
  readonly #profiler: Profiler
  readonly #info: PointInfo
  #wait: Point | undefined
  #call: Point | undefined

  constructor(profiler: Profiler, info: PointInfo) {
    this.#profiler = profiler
    this.#info = info
  }

  /** It has to wait until its connection is there. Nothing where it has been sent. */
  wait(): void {
    if (this.#call === undefined) this.#wait ??= this.#profiler.startBeside('wait', { wait: { for: 'connection' } })
  }

  /** It is sent now: the first time counts. */
  send(): Point {
    this.#wait?.stop()
    this.#call ??= this.#profiler.startBeside('db', this.#info)
    return this.#call
  }

  stop(info?: PointInfo, ago?: number): void {
    this.send().stop(info, ago)
  }

  fail(error: unknown, info?: PointInfo, ago?: number): void {
    this.send().fail(error, info, ago)
  }
}
