import { test } from 'bun:test'
import { corpusRecordings } from './recording.ts'
import { wireSuite } from './suite.ts'

const recordings = corpusRecordings()

if (recordings.length > 0) wireSuite('the corpus of recorded traffic', recordings)
else test.skip('the corpus of recorded traffic (it does not lie beside this repository)', () => undefined)
