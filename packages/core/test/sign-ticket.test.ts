import { describe, expect, it } from 'vitest'
import { toSecretKey } from '../src/keys/secret-key.js'
import { signTicket, type TicketFields } from '../src/tickets/sign-ticket.js'
import { parseTicket } from '../src/tickets/ticket-text.js'

const NONCE = 'AAECAwQFBgcICQoLDA0ODw'
const FIELDS: TicketFields = { key: 'SECRET_KEY', info: 'e30=', iat: 1_000, exp: 1_060, points: 9 }
const LONGEST_WISH = 'w'.repeat(64)

/** Returns different wishes of 64 characters. */
function createLongWishes(count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => `${index}${LONGEST_WISH.slice(1)}`)
}

describe('signTicket', () => {
  it('writes a ticket for any host, without wishes and with a new nonce, unless they are given', () => {
    const tickets = [signTicket(FIELDS), signTicket(FIELDS)].map(parseTicket)

    expect(tickets[0]).toMatchObject({ iat: 1_000, exp: 1_060, aud: '', points: 9, wants: [] })
    expect(tickets[0]?.nonce).not.toBe(tickets[1]?.nonce)
  })

  it('writes the same ticket for a key and for its key object', () => {
    const fields = { ...FIELDS, nonce: NONCE }

    expect(signTicket({ ...fields, key: toSecretKey('SECRET_KEY') })).toBe(signTicket(fields))
  })

  it('drops the fractions of times before it compares them', () => {
    const ticket = signTicket({ ...FIELDS, iat: 1_000.999, exp: 1_300.999 })

    expect(parseTicket(ticket)).toMatchObject({ iat: 1_000, exp: 1_300 })
    expect(() => signTicket({ ...FIELDS, iat: 1_000.1, exp: 1_000.9 })).toThrow('1 to 300 seconds')
  })

  it('accepts the extreme value of each field', () => {
    const earliest = signTicket({ ...FIELDS, iat: 0, exp: 1, points: 1 })
    const latest = signTicket({ ...FIELDS, iat: 999_999_999_699, exp: 999_999_999_999, points: 1_000_000 })
    const farthest = signTicket({ ...FIELDS, aud: 'a'.repeat(255) })

    expect([earliest, latest, farthest].map(parseTicket)).not.toContain(undefined)
  })

  it.each<[string, Partial<TicketFields>, string]>([
    ['a lifetime of 301 seconds', { exp: 1_301 }, '1 to 300 seconds'],
    ['an expiry before the issue', { exp: 999 }, '1 to 300 seconds'],
    ['an issue before 1970', { iat: -0.5, exp: 9 }, '1 to 300 seconds'],
    ['times in milliseconds', { iat: 1_734_455_877_000, exp: 1_734_455_877_060 }, 'times are in seconds'],
    ['a time that is not a number', { iat: Number.NaN }, '1 to 300 seconds'],
    ['an infinite time', { exp: Number.POSITIVE_INFINITY }, '1 to 300 seconds'],
    ['a short nonce', { nonce: NONCE.slice(1) }, 'nonce'],
    ['a nonce with a padded end', { nonce: `${NONCE}==` }, 'nonce'],
    ['a host in upper case', { aud: 'Orders' }, 'audience'],
    ['a host in brackets', { aud: '[::1]' }, 'audience'],
    ['a host that is null', { aud: null as never }, 'audience'],
    ['no points', { points: 0 }, '1 to 1,000,000 points'],
    ['more than a million points', { points: 1_000_001 }, '1 to 1,000,000 points'],
    ['a fraction of a point', { points: 1.5 }, '1 to 1,000,000 points'],
    ['endless points', { points: Number.POSITIVE_INFINITY }, '1 to 1,000,000 points'],
    ['an empty wish', { wants: ['code', ''] }, 'wishes'],
    ['two wishes in one', { wants: ['answer,code'] }, 'wishes'],
    ['a wish that ends the field', { wants: ['code;'] }, 'wishes'],
    ['a wish of 65 characters', { wants: [`${LONGEST_WISH}w`] }, 'wishes'],
    ['nine wishes', { wants: [...'abcdefghi'] }, 'wishes'],
    ['wishes in a string', { wants: 'answer' as never }, 'wishes'],
    ['an empty key', { key: '' }, 'key'],
  ])('refuses %s with a TypeError that does not show the key', (_what, fields, message) => {
    const sign = (): string => signTicket({ ...FIELDS, ...fields })

    expect(sign).toThrow(TypeError)
    expect(sign).toThrow(message)
    expect(sign).toThrow(expect.not.objectContaining({ message: expect.stringContaining('SECRET') }))
  })

  it('counts a repeated wish once, so nine wishes may be eight', () => {
    const ticket = signTicket({ ...FIELDS, wants: [...'abcdefgha'] })

    expect(parseTicket(ticket)?.wants).toEqual([...'abcdefgh'])
  })

  it('drops wishes from the end of the list if the ticket would exceed 512 characters', () => {
    const wants = createLongWishes(8)

    const ticket = signTicket({ ...FIELDS, wants })

    expect(parseTicket(ticket)?.wants).toEqual(wants.slice(0, 6))
  })

  it('keeps every wish in a ticket of exactly 512 characters', () => {
    const long = createLongWishes(6)
    const free = 512 - signTicket({ ...FIELDS, wants: long }).length
    const fitting = [...long, 'x'.repeat(free - 1)]

    const [full, over] = [fitting, [...long, 'x'.repeat(free)]].map(wants => signTicket({ ...FIELDS, wants }))

    expect(full).toHaveLength(512)
    expect(parseTicket(full ?? '')?.wants).toEqual(fitting)
    expect(parseTicket(over ?? '')?.wants).toEqual(long)
  })

  it('leaves the list of wishes unchanged', () => {
    const wants = createLongWishes(8)

    signTicket({ ...FIELDS, wants })

    expect(wants).toEqual(createLongWishes(8))
  })
})
