import type { Point, PointInfo, Profiler } from '@osprofiler/core'
import { startWait } from '../../points/start-wait.js'
import { type RedisCommand, redactRedisError } from './redis-statement.js'

/**
 * A point named `db` for commands that are sent together. If the commands could not be sent at once, a point named
 * `wait` comes first and records the reason. If they fail before they are sent, a point named `db` still describes
 * them.
 */
export class RedisStep {
  readonly commands: readonly RedisCommand[]
  readonly #profiler: Profiler
  readonly #info: PointInfo
  readonly #showsValues: boolean
  #wait: Point | undefined
  #call: Point | undefined

  constructor(profiler: Profiler, commands: readonly RedisCommand[], info: PointInfo, showsValues: boolean) {
    this.commands = commands
    this.#profiler = profiler
    this.#info = info
    this.#showsValues = showsValues
  }

  wait(): void {
    if (this.#call === undefined) this.#wait ??= startWait(this.#profiler, 'connection')
  }

  /** Notes that the commands are being sent. Only the first call has an effect. */
  send(): Point {
    this.#wait?.stop()
    this.#call ??= this.#profiler.startBeside('db', this.#info)
    return this.#call
  }

  stop(ago?: number): void {
    this.send().stop(undefined, ago)
  }

  /** `failed` contains the commands that the error refers to. */
  fail(error: unknown, failed = this.commands, ago?: number): void {
    this.send().fail(redactRedisError(error, failed, this.#showsValues), undefined, ago)
  }
}
