import { createHmac } from 'node:crypto'
import { signedPack, signedUnpack } from '@osprofiler/core'
import { describe, expect, it } from 'vitest'

const KEY = 'SECRET_KEY'

function signed(json: string): [info: string, hmac: string, keys: string] {
  const info = Buffer.from(json)
    .toString('base64url')
    .padEnd(Math.ceil(Buffer.byteLength(json) / 3) * 4, '=')
  return [info, createHmac('sha1', KEY).update(info).digest('hex'), KEY]
}

describe('signedPack', () => {
  it('writes URL-safe base64 with padding, and an HMAC of 40 lowercase hexadecimal digits', () => {
    const [info, hmac] = signedPack({ base_id: '>>>???', parent_id: 'a' }, KEY)

    expect(info).toBe('eyJiYXNlX2lkIjogIj4-Pj8_PyIsICJwYXJlbnRfaWQiOiAiYSJ9')
    expect(signedPack({ base_id: 'ab' }, KEY)[0]).toBe('eyJiYXNlX2lkIjogImFiIn0=')
    expect(hmac).toBe(createHmac('sha1', KEY).update(info).digest('hex'))
  })

  it('escapes everything but printable ASCII, like json.dumps', () => {
    const [info] = signedPack({ base_id: 'é\u007f\u2028\u{1f600}"\\\n' }, KEY)

    expect(Buffer.from(info, 'base64').toString()).toBe(String.raw`{"base_id": "\u00e9\u007f\u2028\ud83d\ude00\"\\\n"}`)
  })

  it('refuses to sign without a key or with ids that are not strings', () => {
    const wrong = { base_id: 7 } as unknown as { base_id: string }

    expect(() => signedPack({ base_id: 'a' }, '')).toThrow(TypeError)
    expect(() => signedPack({ base_id: 'a' }, undefined as unknown as string)).toThrow(TypeError)
    expect(() => signedPack(wrong, KEY)).toThrow(TypeError)
  })
})

describe('signedUnpack', () => {
  it.each([255, 256])(
    'limits an id to 255 code points, which may be more UTF-16 code units: %i code points',
    length => {
      for (const character of ['a', 'é', '\u{1f600}']) {
        const id = character.repeat(length)
        const expected = length === 255 ? { baseId: id, parentId: 'p', hmacKey: KEY } : undefined
        expect(signedUnpack(...signedPack({ base_id: id, parent_id: 'p' }, KEY), KEY)).toEqual(expected)

        const asParent = length === 255 ? { baseId: 'b', parentId: id, hmacKey: KEY } : undefined
        expect(signedUnpack(...signedPack({ base_id: 'b', parent_id: id }, KEY), KEY)).toEqual(asParent)
      }
    },
  )

  it('refuses an id with half a surrogate pair, which no store can write', () => {
    expect(signedUnpack(...signed('{"base_id": "\\ud83d"}'))).toBeUndefined()
    expect(signedUnpack(...signed('{"base_id": "a", "parent_id": "\\ude00\\ud83d"}'))).toBeUndefined()
  })

  it.each([
    ['{"base_id": "a", "x": [', '], "x": "b"}', '['],
    ['{"base_id": ', ', "base_id": "b"}', '['],
  ])(
    'refuses a member that Python cannot parse, even if a later member with the same name replaces it: %s',
    (before, after, open) => {
      const nested = `${before}${open.repeat(3_000)}${']'.repeat(3_000)}${after}`

      expect(signedUnpack(...signed(nested))).toBeUndefined()
      expect(
        signedUnpack(...signed(`{"hmac_key": ${'9'.repeat(4_301)}, "base_id": "b", "hmac_key": "c"}`)),
      ).toBeUndefined()
    },
  )

  it('does not trust a signature with an empty key, even if the list of keys is empty or contains one', () => {
    const [info] = signedPack({ base_id: 'a' }, KEY)
    const hmac = createHmac('sha1', '').update(info).digest('hex')

    expect(signedUnpack(info, hmac, [])).toBeUndefined()
    expect(signedUnpack(info, hmac, ' , ,')).toBeUndefined()
    expect(() => signedUnpack(info, hmac, [''])).toThrow(TypeError)
  })

  it.each([...'\0\t\n\r\u001b\u007f\u0085\u009b\u061c\u2028\u2029\u202e\u2066'])(
    'refuses an id with %j, which controls a terminal or a log, although Python accepts the id',
    character => {
      const ids = [`a${character}b`, `${character}a`, `a${character}`, character]

      const accepted = ids.flatMap(id => [
        signedUnpack(...signedPack({ base_id: id }, KEY), KEY),
        signedUnpack(...signedPack({ base_id: 'a', parent_id: id }, KEY), KEY),
      ])

      expect(accepted).toEqual(Array.from({ length: 8 }, () => undefined))
    },
  )

  it('returns undefined for missing headers', () => {
    const [info, hmac] = signedPack({ base_id: 'a' }, KEY)

    expect(signedUnpack(undefined, hmac, KEY)).toBeUndefined()
    expect(signedUnpack(info, null, KEY)).toBeUndefined()
    expect(signedUnpack([info] as unknown as string, hmac, KEY)).toBeUndefined()
  })

  it('returns at once for any text of 16 KiB, even if it is signed with the right key', () => {
    const shapes = ['{"', '{"a":"', '"\\', '[', ' ', '{"a":null,', '{"":"\\\\"', '\t\n', '{"base_id":"a"}', '=']
    for (const shape of shapes) {
      const text = shape.repeat(Math.ceil(12_000 / shape.length))

      expect(signedUnpack(...signed(text))).toBeUndefined()
      expect(signedUnpack(text, createHmac('sha1', KEY).update(text).digest('hex'), KEY)).toBeUndefined()
      expect(signedUnpack(signedPack({ base_id: 'a' }, KEY)[0], text, KEY)).toBeUndefined()
    }
  })
})
