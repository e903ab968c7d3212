import { Readable } from 'node:stream'
import { describe, expect, it, vi } from 'vitest'
import { type BodyFollower, followBody } from '../src/http/response/follow-body.js'

function createFollower() {
  const entered: string[] = []
  const follower: BodyFollower = {
    produce: fn => {
      entered.push('produce')
      return fn()
    },
    cleanUp: fn => {
      entered.push('clean up')
      return fn()
    },
    failed: vi.fn(),
  }
  return { entered, follower }
}

async function read(stream: AsyncIterable<unknown>): Promise<string> {
  let text = ''
  for await (const part of stream) text += part
  return text
}

it('followBody() ignores a value that is neither a stream nor a Response, and runs no getter or proxy trap', () => {
  const { follower } = createFollower()
  const watchful = new Proxy({}, { get: () => expect.unreachable(), getPrototypeOf: () => expect.unreachable() })

  for (const body of ['text', null, undefined, 7, Buffer.from('a'), { pipe: 1 }, watchful]) {
    expect(() => followBody(body, follower)).not.toThrow()
  }
})

describe('a response body after followBody()', () => {
  it('is produced and cleaned up in the context of its request if it is a Node stream', async () => {
    const { entered, follower } = createFollower()
    const body = Readable.from(['a', 'b'])

    followBody(body, follower)

    expect(await read(body)).toBe('ab')
    expect(new Set(entered)).toEqual(new Set(['produce', 'clean up']))
  })

  it('is produced in the context of its request if it is a web stream or a Response', async () => {
    const [one, other] = [createFollower(), createFollower()]
    const stream = new Blob(['ab']).stream()
    const response = new Response('cd')

    followBody(stream, one.follower)
    followBody(response, other.follower)

    expect(await new Response(stream).text()).toBe('ab')
    expect(await response.text()).toBe('cd')
    expect(one.entered.length).toBeGreaterThan(0)
  })

  it('passes its error to the `failed` function of the follower', async () => {
    const { follower } = createFollower()
    const error = new Error('no')
    const body = new Readable({ read: () => void body.destroy(error) })

    followBody(body, follower)

    await expect(read(body)).rejects.toThrow(error)
    expect(follower.failed).toHaveBeenCalledExactlyOnceWith(error)
  })

  it('is followed only once, even if followBody() is called twice', async () => {
    const [one, other] = [createFollower(), createFollower()]
    const body = Readable.from(['a'])

    followBody(body, one.follower)
    followBody(body, other.follower)
    await read(body)

    expect(other.entered).toEqual([])
  })
})
