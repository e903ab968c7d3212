import type { Point, PointInfo, Profiler } from '@osprofiler/core'
import { startWait } from '../../points/start-wait.js'
import { type RedisCommand, redisFailure } from './redis-statement.js'

/**
 * Commands that are sent together: a point `db`, and before it, where they could not be sent at once, a point `wait` that
 * says for what they waited. What failed before it was sent is a `db` point all the same, which says what it was.
 */
export class RedisStep {
  readonly commands: readonly RedisCommand[]
  readonly #profiler: Profiler
  readonly #info: PointInfo
  readonly #values: boolean
  #wait: Point | undefined
  #call: Point | undefined

  /** With `values`, what the commands were given may be recorded. */
  constructor(profiler: Profiler, commands: readonly RedisCommand[], info: PointInfo, values: boolean) {
    this.commands = commands
    this.#profiler = profiler
    this.#info = info
    this.#values = values
  }

  /** It has to wait until its connection is there. Nothing where it has been sent. */
  wait(): void {
    if (this.#call === undefined) this.#wait ??= startWait(this.#profiler, 'connection')
  }

  /** It is sent now: the first time counts. */
  send(): Point {
    this.#wait?.stop()
    this.#call ??= this.#profiler.startBeside('db', this.#info)
    return this.#call
  }

  stop(ago?: number): void {
    this.send().stop(undefined, ago)
  }

  /** `failed` are those of the commands that the error is about. */
  fail(error: unknown, failed = this.commands, ago?: number): void {
    this.send().fail(redisFailure(error, failed, this.#values), undefined, ago)
  }
}
