import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { duration, size, type Unit, usd } from './units.ts'

const readings: readonly { unit: Unit; name: string; written: unknown; value: number | undefined }[] = [
  ...Object.entries({
    '250ms': 250,
    '30s': 30_000,
    '1.5s': 1500,
    '5m': 300_000,
    '1h': 3_600_000,
    '30d': 2_592_000_000,
  }).map(([written, value]) => ({ unit: duration, name: 'duration', written, value })),
  { unit: duration, name: 'duration', written: '0s', value: 0 },
  { unit: duration, name: 'duration', written: '1.005s', value: 1005 },
  ...[
    30,
    '30',
    '30 s',
    '-1s',
    '1e3s',
    '1w',
    '',
    's',
    '1m30s',
    ' 1s',
    '1s\n',
    '99999999999999d',
    null,
    true,
    ['1s'],
  ].map(written => ({ unit: duration, name: 'duration', written, value: undefined })),
  ...Object.entries({
    '32MiB': 33_554_432,
    '10MB': 10_000_000,
    '512KiB': 524_288,
    '1GiB': 1_073_741_824,
    '7B': 7,
    '7': 7,
  }).map(([written, value]) => ({ unit: size, name: 'size', written, value })),
  { unit: size, name: 'size', written: 4096, value: 4096 },
  { unit: size, name: 'size', written: '1kB', value: 1000 },
  { unit: size, name: 'size', written: '1.1MiB', value: 1_153_434 },
  ...['32mb', '32 MiB', '-1', 1.5, -1, Number.NaN, Infinity, '1TB', '1e9', {}].map(written => ({
    unit: size,
    name: 'size',
    written,
    value: undefined,
  })),
  { unit: usd, name: 'usd', written: 1.25, value: 1.25 },
  { unit: usd, name: 'usd', written: '0.0375', value: 0.0375 },
  { unit: usd, name: 'usd', written: 0, value: 0 },
  ...[-1, '-0.1', '1,25', '$1', '.5', '1.', 1e-7, '0.0000001', 1e21, Number.NaN, Infinity, '', false].map(written => ({
    unit: usd,
    name: 'usd',
    written,
    value: undefined,
  })),
]

describe('a quantity', () => {
  for (const { unit, name, written, value } of readings) {
    test(`${name} ${JSON.stringify(written)} is ${value ?? 'refused'}`, () => {
      expect(unit.read(written)).toBe(value)
    })
  }

  test('never reads as anything but a whole, safe, non-negative number', () => {
    const text = fc.stringMatching(/^\d{1,20}(\.\d{1,4})?(ms|s|m|h|d|B|KB|MB|GB|KiB|MiB|GiB|)$/)
    fc.assert(
      fc.property(fc.oneof(text, fc.string(), fc.double()), written => {
        for (const value of [duration.read(written), size.read(written)]) {
          if (value !== undefined) expect(Number.isSafeInteger(value) && value >= 0).toBe(true)
        }
      }),
    )
  })

  test('matches its own pattern whenever it can be read from text', () => {
    for (const { unit, written, value } of readings) {
      if (typeof written === 'string' && value !== undefined) expect(written).toMatch(unit.pattern)
    }
  })
})
