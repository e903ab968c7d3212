import { createHmac } from 'node:crypto'
import { signedPack, signedUnpack, type UnpackedTrace } from '@osprofiler/core'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type HeadersPeer, isTraced, openHeadersPeer, type PythonDecision } from '../../../test/python/headers-peer.js'
import { base64Variants, encodings, hmacVariants, nearlyJson } from './fixtures/damaged-headers.js'
import { hmacKey, honestBase64, honestJson, traceId } from './fixtures/honest-headers.js'

// The default number of runs takes seconds. OSPROFILER_TEST_RUNS=150000 takes minutes.
const RUNS = Number(process.env.OSPROFILER_TEST_RUNS ?? 1_500)
const TIMEOUT = 120_000 + 50 * RUNS

let python: HeadersPeer
beforeAll(() => {
  python = openHeadersPeer()
})
afterAll(() => python.stop())

interface Honest {
  readonly baseId: string
  readonly parentId: string | null | undefined
  readonly key: string
}

const parentId = fc.oneof({ weight: 4, arbitrary: traceId }, fc.constantFrom(undefined, null, ''))
const honest: fc.Arbitrary<Honest> = fc.record({ baseId: traceId, parentId, key: hmacKey })
const otherKeys = fc.array(hmacKey, { maxLength: 2 })

function traceInfo({ baseId, parentId }: Honest) {
  return parentId === undefined ? { base_id: baseId } : { base_id: baseId, parent_id: parentId }
}

function sign(info: string, key: string): string {
  return createHmac('sha1', key).update(info).digest('hex')
}

function check<T>(of: fc.Arbitrary<T>, property: (value: T) => Promise<void>): Promise<void> {
  return fc.assert(fc.asyncProperty(of, property), { numRuns: RUNS })
}

/** Expects both decisions to agree: both reject the headers, or both return the same ids and key. */
function expectAlike(ours: UnpackedTrace | undefined, theirs: PythonDecision): void {
  expect(ours ?? null).toEqual(isTraced(theirs) ? theirs : null)
}

describe('the headers of an honest signer', () => {
  it('are identical in JavaScript and Python', { timeout: TIMEOUT }, () =>
    check(honest, async each => {
      const theirs = await python.pack(traceInfo(each), each.key)

      expect(signedPack(traceInfo(each), each.key)).toEqual(theirs)
    }),
  )

  it(
    'get the same decision in JavaScript and Python for any list of keys, with and without the right key',
    { timeout: TIMEOUT },
    () =>
      check(fc.tuple(honest, otherKeys, otherKeys, fc.boolean()), async ([each, before, after, known]) => {
        const keys = [...before, ...(known ? [each.key] : []), ...after]
        const [info, hmac] = signedPack(traceInfo(each), each.key)

        const theirs = await python.decide(info, hmac, keys)

        expectAlike(signedUnpack(info, hmac, keys), theirs)
        if (known) expect(isTraced(theirs)).toBe(true)
      }),
  )

  it('get the same decision in JavaScript and Python with any JSON spacing, order of members and escaping', {
    timeout: TIMEOUT,
  }, () => {
    const signed = honest.chain(each =>
      honestJson(each.baseId, each.parentId)
        .chain(json => honestBase64(Buffer.from(json)))
        .map(info => ({ ...each, info })),
    )
    return check(signed, async ({ baseId, parentId, key, info }) => {
      const hmac = sign(info, key)

      const theirs = await python.decide(info, hmac, [key])

      expect(theirs).toEqual({ baseId, parentId: parentId || baseId, hmacKey: key })
      expectAlike(signedUnpack(info, hmac, [key]), theirs)
    })
  })

  it('get the same decision in JavaScript and Python if Python writes its JSON differently', {
    timeout: TIMEOUT,
  }, () => {
    const options = fc.record({
      separators: fc.tuple(fc.constantFrom(',', ', ', ' ,\n'), fc.constantFrom(':', ': ', '\t:\r\n')),
      indent: fc.constantFrom(null, 0, 2, '\t'),
      ensure_ascii: fc.boolean(),
      sort_keys: fc.boolean(),
    })
    return check(fc.tuple(honest, options), async ([each, dumps]) => {
      const [info, hmac] = await python.packVariant(traceInfo(each), each.key, dumps)

      const theirs = await python.decide(info, hmac, [each.key])

      expect(isTraced(theirs)).toBe(true)
      expectAlike(signedUnpack(info, hmac, [each.key]), theirs)
    })
  })

  it('get the same decision in JavaScript and Python for any string of keys and commas', { timeout: TIMEOUT }, () => {
    const character = fc.constantFrom(
      ...[',', ' ', '\t', '\u001c', '\u001f', '\u0085', '\u00a0', '\ufeff', '\u200b', '\u2028', '\u3000', 'k', 'K'],
    )
    const [info, hmac] = signedPack({ base_id: 'x' }, 'k')
    return check(fc.string({ unit: character, maxLength: 8 }), async keys => {
      const theirs = await python.decide(info, hmac, keys)

      expectAlike(signedUnpack(info, hmac, keys), theirs)
    })
  })
})

describe('headers that no honest signer creates', () => {
  interface Damaged {
    readonly info: string
    readonly hmac: string
    readonly keys: readonly string[]
  }

  const ownKey = fc.tuple(hmacKey, hmacKey, fc.nat(9))

  function signed(info: string): fc.Arbitrary<Damaged> {
    return ownKey.chain(([key, other, way]) =>
      hmacVariants(sign(info, way === 0 ? other : key)).map(hmac => ({
        info,
        hmac,
        keys: way < 4 ? [other, key] : [key],
      })),
    )
  }

  /**
   * Returns whether our code accepts the headers. If so, expects Python to accept them, too, with the same trace and
   * key.
   */
  async function expectAcceptedByPythonToo({ info, hmac, keys }: Damaged): Promise<boolean> {
    const ours = signedUnpack(info, hmac, keys)
    const theirs = await python.decide(info, hmac, keys)

    if (ours !== undefined) expect(theirs).toEqual(ours)
    return ours !== undefined
  }

  async function checkNoneAcceptedOnlyByUs(damaged: fc.Arbitrary<Damaged>): Promise<void> {
    let taken = 0
    await check(damaged, async each => {
      if (await expectAcceptedByPythonToo(each)) taken++
    })
    // If JavaScript refused nearly all damaged headers, this test would hardly compare any decision with Python.
    expect(taken).toBeGreaterThan(RUNS * 0.05)
  }

  it(
    'are never accepted if Python refuses them: honest JSON with corrupted bytes, base64 or digits',
    { timeout: TIMEOUT },
    () =>
      checkNoneAcceptedOnlyByUs(
        honest.chain(each =>
          honestJson(each.baseId, each.parentId).chain(encodings).chain(base64Variants).chain(signed),
        ),
      ),
  )

  it(
    'are never accepted if Python refuses them: strings that are nearly JSON, signed with the right key',
    { timeout: TIMEOUT },
    () =>
      checkNoneAcceptedOnlyByUs(
        nearlyJson
          .chain(json => fc.oneof({ weight: 5, arbitrary: fc.constant(Buffer.from(json)) }, encodings(json)))
          .chain(bytes => fc.oneof({ weight: 5, arbitrary: honestBase64(bytes) }, base64Variants(bytes)))
          .map(info => ({ info, hmac: sign(info, 'KEY'), keys: ['KEY'] })),
      ),
  )

  it(
    'are never accepted if Python refuses them: the two trace headers with one flipped bit',
    { timeout: TIMEOUT },
    () =>
      check(fc.tuple(honest, fc.nat(), fc.boolean()), async ([each, at, inHmac]) => {
        const [info, hmac] = signedPack(traceInfo(each), each.key)
        const flipped = Buffer.from(inHmac ? hmac : info, 'latin1')
        const bit = at % (8 * flipped.length)
        flipped.writeUInt8(flipped.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3)
        const damaged = flipped.toString('latin1')

        const ours = inHmac ? signedUnpack(info, damaged, [each.key]) : signedUnpack(damaged, hmac, [each.key])
        const theirs = inHmac
          ? await python.decide(info, damaged, [each.key])
          : await python.decide(damaged, hmac, [each.key])

        expect(ours).toBeUndefined()
        expect(isTraced(theirs)).toBe(false)
      }),
  )
})
