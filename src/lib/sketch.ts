/** The most that a quantile may be off, as a part of itself. */
const error = 0.02
const growth = (1 + error) / (1 - error)
const logGrowth = Math.log(growth)

/** What is smaller or larger is counted as this: in milliseconds, from a tenth to almost three hours. */
const least = 0.1
const most = 1e7

const none = new Uint32Array(0)

/** Memory grows by so many buckets at a time. */
const step = 16

/**
 * Quantiles of many values in little memory: they are counted in buckets of which each is 4 % wider than the one before
 * (DDSketch, arxiv.org/abs/1908.10693). Two sketches can be added. Latencies of one kind touch some hundred buckets.
 */
export class Sketch {
  #counts = none
  /** The bucket that the first of the counts is for. */
  #first = 0
  #count = 0

  get count(): number {
    return this.#count
  }

  add(value: number): void {
    const bucket = bucketOf(value)
    this.#reach(bucket)
    this.#raise(bucket, 1)
  }

  merge(other: Sketch): void {
    if (other.#count === 0) return
    const from = other.#first
    this.#reach(from)
    this.#reach(from + other.#counts.length - 1)
    // By index: an iterator costs ten times as much, and a reader adds up dozens of these.
    for (let n = 0; n < other.#counts.length; n++) this.#raise(from + n, other.#counts[n] ?? 0)
  }

  clear(): void {
    if (this.#count === 0) return
    this.#counts.fill(0)
    this.#count = 0
  }

  /** The value below which so great a part of them lies (nearest rank); undefined if there are none. */
  quantile(part: number): number | undefined {
    let rank = Math.max(1, Math.ceil(part * this.#count))
    for (let n = 0; n < this.#counts.length; n++) {
      rank -= this.#counts[n] ?? 0
      if (rank <= 0) return middleOf(this.#first + n)
    }
    return undefined
  }

  #raise(bucket: number, count: number): void {
    const place = bucket - this.#first
    this.#counts[place] = (this.#counts[place] ?? 0) + count
    this.#count += count
  }

  #reach(bucket: number): void {
    const end = this.#first + this.#counts.length
    if (bucket >= this.#first && bucket < end) return
    const block = bucket - (bucket % step)
    const empty = this.#counts.length === 0
    const first = empty ? block : Math.min(this.#first, block)
    const counts = new Uint32Array(Math.max(empty ? 0 : end, block + step) - first)
    if (!empty) counts.set(this.#counts, this.#first - first)
    this.#counts = counts
    this.#first = first
  }
}

const bucketOf = (value: number): number =>
  value > least ? Math.ceil(Math.log(Math.min(value, most) / least) / logGrowth) : 0

/** The value that is off by the same part from both ends of its bucket. */
const middleOf = (bucket: number): number => (least * 2 * growth ** bucket) / (growth + 1)
