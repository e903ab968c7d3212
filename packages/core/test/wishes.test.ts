import { describe, expect, it } from 'vitest'
import { forwardedWishes, knownWishes, toWishName } from '../src/tickets/wishes.js'

describe('knownWishes', () => {
  it('keeps the wishes that this version supports, in their order', () => {
    const wants = ['why=cpu@my-shop', 'later', 'code', 'why=waits', 'answer', 'why=cpu', 'why=waits@a.b_c']

    expect(knownWishes(wants)).toEqual(['why=cpu@my-shop', 'code', 'why=waits', 'answer', 'why=cpu', 'why=waits@a.b_c'])
  })

  it('leaves out wishes that only resemble a supported wish', () => {
    const wants = [
      'Answer',
      'answers',
      'code\n',
      'code@orders',
      'why',
      'why=',
      'why=all',
      'why=cpu@',
      'why=cpu@a@b',
      '',
    ]

    expect(knownWishes(wants)).toEqual([])
  })
})

describe('forwardedWishes', () => {
  it('leaves out the answer, and the accounts that only this service makes', () => {
    const wants = ['answer', 'code', 'why=cpu', 'why=cpu@my-shop', 'why=waits@my-shop', 'why=waits@orders']

    expect(forwardedWishes(wants, 'My Shop')).toEqual(['code', 'why=cpu', 'why=waits@orders'])
  })

  it('forwards the wish for a service whose name only begins or ends like the name of this service', () => {
    const wants = ['why=cpu@my-shop', 'why=cpu@shop-2', 'why=cpu@shop']

    expect(forwardedWishes(wants, 'shop')).toEqual(['why=cpu@my-shop', 'why=cpu@shop-2'])
  })

  it('forwards all wishes for accounts if the service has no name', () => {
    expect(forwardedWishes(['answer', 'why=cpu', 'why=cpu@shop'], '')).toEqual(['why=cpu', 'why=cpu@shop'])
  })
})

describe('toWishName', () => {
  it.each([
    ['my-shop_2.eu', 'my-shop_2.eu'],
    ['My Shop', 'my-shop'],
    ['@scope/shop', '-scope-shop'],
    ['bücher', 'b-cher'],
    ['shop🛒shop', 'shop-shop'],
    ['a,b;c\n', 'a-b-c-'],
    ['', ''],
  ])('writes the name %j as %j, with one "-" for each other character', (service, name) => {
    expect(toWishName(service)).toBe(name)
    expect(toWishName(name)).toBe(name)
  })
})
