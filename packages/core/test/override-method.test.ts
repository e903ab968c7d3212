import { createOverride, overrideMethod } from '@osprofiler/core/toolkit'
import { describe, expect, it } from 'vitest'

class Reply {
  readonly sent: unknown[] = []

  send(payload: unknown): this {
    this.sent.push(payload)
    return this
  }
}

describe('overrideMethod', () => {
  it('replaces the method of one object without adding an enumerable property', () => {
    const [reply, other] = [new Reply(), new Reply()]

    overrideMethod(reply, 'send', (original, self, args) => Reflect.apply(original, self, [`${args[0]}!`]))
    reply.send('a')
    other.send('b')

    expect([reply.sent, other.sent]).toEqual([['a!'], ['b']])
    expect(Object.keys(reply)).toEqual(['sent'])
    expect([reply.send.name, reply.send.length]).toEqual(['send', 1])
  })

  it('returns false for a frozen object and for an object without the method', () => {
    const frozen = Object.freeze(new Reply())

    const overridden = [frozen, {}].map(object => overrideMethod(object, 'send', () => undefined))

    expect(overridden).toEqual([false, false])
    expect(frozen.send('a').sent).toEqual(['a'])
  })
})

describe('createOverride', () => {
  it('gives all objects with the same method the same stand-in function, which receives the object of each call', () => {
    const called: unknown[] = []
    const override = createOverride('send', (original, self, args) => {
      called.push(self)
      return Reflect.apply(original, self, args)
    })
    const replies = [new Reply(), new Reply()]

    for (const reply of replies) override(reply)
    for (const reply of replies) reply.send('a')

    expect(called).toEqual(replies)
    expect(replies.map(({ sent }) => sent)).toEqual([['a'], ['a']])
    expect(replies[0]?.send).toBe(replies[1]?.send)
  })

  it('replaces the method of each object, even if that method was overridden before', () => {
    const exclaim = createOverride('send', (original, self, args) => Reflect.apply(original, self, [`${args[0]}!`]))
    const ask = createOverride('send', (original, self, args) => Reflect.apply(original, self, [`${args[0]}?`]))
    const [reply, other] = [new Reply(), new Reply()]

    exclaim(reply)
    ask(reply)
    ask(other)
    reply.send('a')
    other.send('a')

    expect([reply.sent, other.sent]).toEqual([['a?!'], ['a?']])
  })
})
