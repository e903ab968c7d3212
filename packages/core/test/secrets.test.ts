import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { recordableInfo } from '../src/recording/recordable.js'
import { EXAMPLES, HIDDEN, SHAPES } from './fixtures/secret-examples.js'

const record = (value: unknown) => JSON.stringify(recordableInfo({ value }))

describe('a secret', () => {
  it('is tested in at least three hundred examples', () => {
    expect(EXAMPLES.length + SHAPES.length).toBeGreaterThanOrEqual(300)
  })

  it.each(EXAMPLES.map(example => [inspect(example, { breakLength: Number.POSITIVE_INFINITY }), example]))(
    'is not recorded from %s',
    (_, example) => {
      const recorded = record(example)

      for (const hidden of HIDDEN) expect(recorded).not.toContain(hidden)
      expect(recorded).toContain('***')
    },
  )
})

describe.each(SHAPES)('a secret that is %s', (_, secret) => {
  it.each([
    ['without other text', secret],
    ['in a sentence', `the call with ${secret} failed`],
    ['in quotes', `got "${secret}".`],
    ['in JSON', JSON.stringify({ text: `a\n${secret}` })],
    ['as a member', { list: [{ data: secret }] }],
    ['as the name of a member', { [secret]: 1 }],
    ['in an address', `https://api/x/${encodeURIComponent(secret)}?y=1`],
  ])('is not recorded: %s', (_, value) => {
    const recorded = record(value)

    expect(recorded).not.toContain('S3cr3tV4lu3')
    expect(recorded).not.toContain('S3CR3TV4LU3')
    expect(recorded).not.toContain('0123456789abcdef')
    expect(recorded).toContain('***')
  })
})
