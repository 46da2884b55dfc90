/** A number that grows, or is set. */
export type Figure = { value: number }

/** How many values were at most so large. Each is counted in the first bucket that has room for it, in that one only. */
export type Histogram = {
  readonly buckets: readonly { readonly upTo: number; count: number }[]
  sum: number
}

/** What tells one series of a metric from the others. Told in this order. */
export type LabelSet = { readonly [name: string]: string }

export type Metric = { readonly name: string; readonly type: 'counter' | 'gauge' | 'histogram'; readonly help: string }

type Series<Kept> = { readonly labels: string; readonly kept: Kept }

/** The series of one metric. A new set of labels gets a new one, told after those before it. */
export type Family<Kept> = (labels: LabelSet) => Kept

export type Exposition = {
  figures(metric: Metric): Family<Figure>
  histograms(metric: Metric, bounds: readonly number[]): Family<Histogram>
  /** A metric of one series, whose value is asked for when it is told. */
  read(metric: Metric, value: () => number): void
  /** A metric whose series are asked for when they are told. */
  readAll(metric: Metric, values: () => Iterable<readonly [LabelSet, number]>): void
  text(): string
}

export const contentType = 'text/plain; version=0.0.4; charset=utf-8'

/**
 * Metrics in Prometheus' text format, 0.0.4 (https://prometheus.io/docs/instrumenting/exposition_formats/). Who counts
 * asks for a series once, keeps it and changes its numbers; labels and text are made only when the metrics are read.
 */
export function openExposition(): Exposition {
  const metrics: (() => string)[] = []

  function family<Kept>(metric: Metric, open: () => Kept, tell: (series: Series<Kept>) => string): Family<Kept> {
    const all = new Map<string, Series<Kept>>()
    metrics.push(() => [...headOf(metric), ...all.values().map(tell)].join('\n'))
    return labels => {
      const text = labelText(labels)
      const series = all.get(text) ?? { labels: text, kept: open() }
      all.set(text, series)
      return series.kept
    }
  }

  return {
    figures: metric =>
      family<Figure>(
        metric,
        () => ({ value: 0 }),
        ({ labels, kept }) => sample(metric.name, labels, kept.value),
      ),
    histograms: (metric, bounds) =>
      family<Histogram>(
        metric,
        () => openHistogram(bounds),
        ({ labels, kept }) => tellHistogram(metric.name, labels, kept),
      ),
    read: (metric, value) => {
      metrics.push(() => [...headOf(metric), sample(metric.name, '', value())].join('\n'))
    },
    readAll: (metric, values) => {
      const tell = ([labels, value]: readonly [LabelSet, number]): string =>
        sample(metric.name, labelText(labels), value)
      metrics.push(() => [...headOf(metric), ...Array.from(values(), tell)].join('\n'))
    },
    text: () => `${metrics.map(tell => tell()).join('\n\n')}\n`,
  }
}

/** Our bounds are few and most values fall into the first of them, so they are tried one after the other. */
export function observe(histogram: Histogram, value: number): void {
  histogram.sum += value
  for (const bucket of histogram.buckets) {
    if (value <= bucket.upTo) {
      bucket.count++
      return
    }
  }
}

const openHistogram = (bounds: readonly number[]): Histogram => ({
  buckets: [...bounds, Number.POSITIVE_INFINITY].map(upTo => ({ upTo, count: 0 })),
  sum: 0,
})

const headOf = ({ name, type, help }: Metric): string[] => [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`]

/** A bucket is told with all that are below it. */
function tellHistogram(name: string, labels: string, { buckets, sum }: Histogram): string {
  let count = 0
  const lines = buckets.map(bucket => {
    count += bucket.count
    const bound = labelText({ le: bucket.upTo === Number.POSITIVE_INFINITY ? '+Inf' : `${bucket.upTo}` })
    return sample(`${name}_bucket`, labels === '' ? bound : `${bound},${labels}`, count)
  })
  return [...lines, sample(`${name}_sum`, labels, sum), sample(`${name}_count`, labels, count)].join('\n')
}

const sample = (name: string, labels: string, value: number): string => `${name}${labels && `{${labels}}`} ${value}`

const labelText = (labels: LabelSet): string =>
  Object.entries(labels)
    .map(([name, value]) => `${name}="${escaped(value)}"`)
    .join(',')

const escaped = (value: string): string => value.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('"', '\\"')
