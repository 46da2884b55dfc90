const sequenceName = Buffer.from('"sequence_number":')

/** The number of the last event in these bytes; -1 where events are not numbered. */
export function lastSequence(bytes: Buffer): number {
  const at = bytes.lastIndexOf(sequenceName)
  if (at === -1) return -1
  const from = at + sequenceName.length
  return Number.parseInt(bytes.toString('latin1', from, from + 20), 10)
}
