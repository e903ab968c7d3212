import { execFileSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { formatTimestamp } from '../src/recording/timestamp.js'

describe('a timestamp', () => {
  it('has the same form as in Python', () => {
    const times = [0, 1, 999_999, 1_000_000, 951_782_399_999_999, 1_763_816_400_000_010, 1_763_816_400_100_000]
    const program = `
import datetime
for us in ${JSON.stringify(times)}:
    time = datetime.datetime(1970, 1, 1) + datetime.timedelta(microseconds=us)
    print(time.strftime("%Y-%m-%dT%H:%M:%S.%f"))`
    const python = execFileSync('/usr/bin/python3', ['-c', program], { encoding: 'utf8' }).trim().split('\n')

    expect(times.map(formatTimestamp)).toEqual(python)
  })
})
