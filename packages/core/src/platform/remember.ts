import { Map } from './platform.js'

/**
 * A function that computes an answer once for the same texts, since a program asks for the same few all the time. After `max`
 * different ones it forgets them all. Nobody may write into an answer.
 */
export function remember<Texts extends readonly string[], Answer>(
  max: number,
  compute: (...texts: Texts) => Answer,
): (...texts: Texts) => Answer {
  const known = new Map<string, Answer>()
  return (...texts) => {
    const [first = '', ...more] = texts
    // One text stays as it is: the language remembers its hash.
    const key = more.length === 0 ? first : texts.join(' ')
    if (known.has(key)) return known.get(key) as Answer
    if (known.size >= max) known.clear()
    const answer = compute(...texts)
    known.set(key, answer)
    return answer
  }
}
