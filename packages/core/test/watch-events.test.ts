import { EventEmitter } from 'node:events'
import { watchEvents } from '@osprofiler/core/toolkit'
import { describe, expect, it } from 'vitest'

describe('a watched emitter', () => {
  it('has no additional listeners, and passes each event to the watcher before its listeners run', () => {
    const emitter = new EventEmitter()
    const order: string[] = []

    watchEvents(emitter, event => order.push(`watched ${String(event)}`))
    emitter.on('done', (...given) => order.push(`told ${given}`))

    expect(emitter.emit('done', 1, 2)).toBe(true)
    expect(emitter.emit('other')).toBe(false)
    expect(order).toEqual(['watched done', 'told 1,2', 'watched other'])
    expect(emitter.eventNames()).toEqual(['done'])
    expect(Object.keys(emitter)).not.toContain('emit')
    expect([emitter.emit.name, emitter.emit.length]).toEqual(['emit', 1])
  })

  it('still throws the error of an error event that has no listener', () => {
    const emitter = new EventEmitter()

    watchEvents(emitter, () => undefined)

    expect(() => emitter.emit('error', new RangeError('unheard'))).toThrow(RangeError)
  })

  it('is still watched after the program has removed all listeners', () => {
    const emitter = new EventEmitter()
    const seen: unknown[] = []
    watchEvents(emitter, event => seen.push(event))

    emitter.removeAllListeners()
    emitter.emit('close')

    expect(seen).toEqual(['close'])
  })

  it('can be watched twice and then be wrapped by the program', () => {
    const emitter = new EventEmitter()
    const seen: string[] = []
    watchEvents(emitter, () => seen.push('first'))
    watchEvents(emitter, () => seen.push('second'))
    const { emit } = emitter
    emitter.emit = (event, ...given) => {
      seen.push('program')
      return emit.call(emitter, event, ...given)
    }

    emitter.emit('done')

    expect(seen).toEqual(['program', 'second', 'first'])
  })

  it('reports events that are emitted on an object that inherits from it', () => {
    const emitter = new EventEmitter()
    const seen: unknown[] = []
    watchEvents(Object.create(emitter), event => seen.push(event))

    emitter.emit('done')

    expect(seen).toEqual(['done'])
  })

  it('stays unchanged if it is frozen', () => {
    const emitter = Object.freeze(new EventEmitter())

    expect(watchEvents(emitter, () => undefined)).toBe(false)
  })
})
