import { createHmac } from 'node:crypto'
import { inspect } from 'node:util'
import { serialize } from 'node:v8'
import { configure, type HmacKeys, KeyRing, OsprofilerError } from '@osprofiler/core'
import { describe, expect, it } from 'vitest'

const TEXT = 'eyJiYXNlX2lkIjogImEifQ=='

function hmac(key: string): string {
  return createHmac('sha1', Buffer.from(key, 'utf8')).update(TEXT).digest('hex')
}

it('no configured key is in the state that is shared by all copies of the package', () => {
  const undo = configure({ hmacKeys: ['SECRET-ONE', 'SECRET-TWO'] })

  const shown = inspect(Reflect.get(globalThis, Symbol.for('osprofiler.core')), { depth: 12, showHidden: true })
  undo()

  expect(shown).toContain('configuration')
  expect(shown).not.toContain('SECRET')
})

describe('KeyRing', () => {
  it('signs with the first key, verifies with any key, and returns the key that matches', () => {
    const ring = new KeyRing(['NEW', 'OLD'])

    expect(ring.sign(TEXT)).toBe(hmac('NEW'))
    expect(ring.verify(TEXT, hmac('NEW'))).toBe('NEW')
    expect(ring.verify(TEXT, hmac('OLD'))).toBe('OLD')
    expect(ring.verify(TEXT, hmac('OTHER'))).toBeUndefined()
  })

  it('splits a string of keys at commas, trims each key and keeps inner spaces', () => {
    const ring = new KeyRing(' a , b c,,\td\n,')

    expect(ring.size).toBe(3)
    for (const key of ['a', 'b c', 'd']) expect(ring.verify(TEXT, hmac(key))).toBe(key)
  })

  it('uses the keys of a list unchanged, including commas and spaces', () => {
    const ring = new KeyRing(['a,b', ' c '])

    expect(ring.size).toBe(2)
    for (const key of ['a,b', ' c ']) expect(ring.verify(TEXT, hmac(key))).toBe(key)
    expect(ring.verify(TEXT, hmac('c'))).toBeUndefined()
  })

  it('is not affected by later changes of the given list', () => {
    const keys = ['a']
    const ring = new KeyRing(keys)

    keys.push('b')

    expect(ring.verify(TEXT, hmac('b'))).toBeUndefined()
  })

  it.each([
    ['cut short', (right: string) => right.slice(0, 39)],
    ['too long', (right: string) => `${right}0`],
    ['in uppercase', (right: string) => right.toUpperCase()],
    [
      'written in Arabic digits',
      (right: string) => right.replace(/\d/, digit => String.fromCharCode(0x660 + Number(digit))),
    ],
    ['not completely hexadecimal', (right: string) => `${right.slice(0, 39)}g`],
    ['repeated on a second line', (right: string) => `${right}\n${right}`],
    ['empty', () => ''],
  ])('does not accept an HMAC that is %s', (_how, spoil) => {
    expect(new KeyRing('a').verify(TEXT, spoil(hmac('a')))).toBeUndefined()
  })

  it('trims an HMAC as Python does', () => {
    expect(new KeyRing('a').verify(TEXT, ` \t\n\v\f\r${hmac('a')} \r\n`)).toBe('a')
  })

  it('rejects a shortened or extended HMAC, even immediately after it has verified the correct HMAC', () => {
    const ring = new KeyRing('A')
    const hmac = ring.sign('text')

    const found = [hmac, hmac.slice(0, 39), '', `${hmac}0`].map(digits => ring.verify('text', digits))

    expect(found).toEqual(['A', undefined, undefined, undefined])
  })

  it('verifies no HMAC if it has no keys, and throws ERR_NO_KEYS when asked to sign', () => {
    const ring = new KeyRing(' ,, ')

    expect(ring.size).toBe(0)
    expect(ring.verify(TEXT, hmac(''))).toBeUndefined()
    expect(() => ring.sign(TEXT)).toThrow(OsprofilerError)
    expect(() => ring.sign(TEXT)).toThrow(expect.objectContaining({ code: 'ERR_NO_KEYS' }))
  })

  it.each<[unknown, string]>([
    [[''], 'an empty key'],
    [['a', 7], 'a number'],
    [['\ud800'], 'half of a surrogate pair'],
    [null, 'null'],
    [{ 0: 'a', length: 1 }, 'an object that only looks like a list'],
  ])('refuses %j with a TypeError: %s', keys => {
    expect(() => new KeyRing(keys as HmacKeys)).toThrow(TypeError)
  })

  it('reveals no key through a method or property, unless a valid signature is passed to verify()', () => {
    const ring = new KeyRing(['SECRET-ONE', 'SECRET-TWO'])
    const members = [ring, KeyRing.prototype, KeyRing].flatMap(holder =>
      Reflect.ownKeys(holder).map(name => [holder, name] as const),
    )
    const guesses: unknown[][] = [[], [0], [1], ['0'], [TEXT], [TEXT, ''], [TEXT, hmac('OTHER')], [ring], [[0, 1]]]

    const shown = members.flatMap(([holder, name]) =>
      guesses.map(guess => {
        try {
          const member: unknown = Reflect.get(holder, name, ring)
          return inspect(typeof member === 'function' ? Reflect.apply(member, ring, guess) : member, { depth: 9 })
        } catch (error) {
          return inspect(error, { depth: 9, showHidden: true })
        }
      }),
    )

    expect(shown.join()).not.toContain('SECRET')
  })

  it('does not show its keys when printed or serialized', () => {
    const ring = new KeyRing(['SECRET-ONE', 'SECRET-TWO'])
    const shown = [
      inspect(ring, { showHidden: true, depth: 9 }),
      JSON.stringify(ring),
      String(ring),
      `${Object.values(ring)}`,
      inspect(structuredClone(ring), { showHidden: true }),
      inspect(serialize(ring).toString('latin1')),
      inspect({ ...ring }),
    ]

    expect(shown.join()).not.toContain('SECRET')
    expect(Reflect.ownKeys(ring)).toEqual([])
    for (const wrong of [['SECRET', ''], ['SECRET', 7], ['SECRET\ud800']]) {
      expect(() => new KeyRing(wrong as string[])).toThrow(
        expect.not.objectContaining({ message: expect.stringContaining('SECRET') }),
      )
    }
  })
})
