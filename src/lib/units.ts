/**
 * A kind of quantity that people write down: how it looks, what to tell who wrote it otherwise, and its value.
 * `read` answers undefined for what it cannot read, so that the caller can say where `expected` was expected.
 */
export type Unit = {
  readonly expected: string
  readonly pattern: RegExp
  read(written: unknown): number | undefined
}

const milliseconds: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }

const bytes: Readonly<Record<string, number>> = {
  B: 1,
  kB: 1e3,
  KB: 1e3,
  MB: 1e6,
  GB: 1e9,
  KiB: 1024,
  MiB: 1024 ** 2,
  GiB: 1024 ** 3,
}

/** In milliseconds. A bare number is refused: it might be meant in seconds. */
export const duration: Unit = {
  expected: 'a duration such as 250ms, 30s, 5m, 1h or 30d',
  pattern: /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/,
  read: written => (typeof written === 'string' ? scaled(duration.pattern, milliseconds, written) : undefined),
}

/** In bytes, which is also what a bare number means. */
export const size: Unit = {
  expected: 'a size such as 32MiB, 10MB, 512KiB or a whole number of bytes',
  pattern: /^(\d+(?:\.\d+)?)([kKMG]?B|[KMG]iB)?$/,
  read(written) {
    if (typeof written === 'number') return isCount(written) ? written : undefined
    return typeof written === 'string' ? scaled(size.pattern, bytes, written) : undefined
  },
}

/** In USD. Six decimals at most: of a price per million tokens that is the smallest part that is counted. */
export const usd: Unit = {
  expected: 'an amount in USD such as 1.25 or "0.0375", not negative, with at most six decimals',
  pattern: /^\d{1,9}(?:\.\d{1,6})?$/,
  read(written) {
    if (typeof written !== 'number' && typeof written !== 'string') return undefined
    return usd.pattern.test(String(written)) ? Number(written) : undefined
  },
}

/** The number times what its suffix stands for, to the nearest whole: 1.005 * 1000 is 1004.9999999999999. */
function scaled(pattern: RegExp, factors: Readonly<Record<string, number>>, written: string): number | undefined {
  const [, digits, suffix] = pattern.exec(written) ?? []
  if (digits === undefined) return undefined
  const factor = suffix === undefined ? 1 : (factors[suffix] ?? Number.NaN)
  const whole = Math.round(Number(digits) * factor)
  return isCount(whole) ? whole : undefined
}

const isCount = (value: number): boolean => Number.isSafeInteger(value) && value >= 0
