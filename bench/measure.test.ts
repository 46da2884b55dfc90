import { expect, test } from 'bun:test'
import { parseStat, treeOf, usage } from './measure.ts'

test('a process whose name holds parentheses and spaces is read like any other', () => {
  const stat = '42 (a) (b c) S 7 42 42 0 -1 4194304 100 0 0 0 11 22 33 44 20 0 3 0 999 123456 500 18446744073709551615'
  expect(parseStat(42, stat)).toEqual({ pid: 42, parent: 7, ticks: 11 + 22 + 33 + 44, pages: 500 })
})

test('a tree holds children of children, and nobody else', () => {
  const processes = [
    [1, 0],
    [2, 1],
    [3, 2],
    [4, 1],
    [5, 0],
  ].map(([pid = 0, parent = 0]) => ({ pid, parent, ticks: 0, pages: 0 }))
  expect(treeOf(1, processes).map(one => one.pid)).toEqual([1, 2, 3, 4])
})

test('the time of a child counts while it runs and after it has ended', async () => {
  const before = usage(process.pid).cpuMicros
  const burn =
    'const end = process.cpuUsage().user + 300000; while (process.cpuUsage().user < end);console.log(1);process.stdin.resume()'
  const child = Bun.spawn([process.execPath, '-e', burn], { stdin: 'pipe', stdout: 'pipe' })
  await child.stdout.getReader().read()
  expect(usage(process.pid).cpuMicros - before).toBeGreaterThan(250_000)
  child.kill()
  await child.exited
  expect(usage(process.pid).cpuMicros - before).toBeGreaterThan(250_000)
})

test('memory is that of this process and in megabytes', () => {
  const { rssMb } = usage(process.pid)
  expect(rssMb).toBeGreaterThan((process.memoryUsage.rss() / 1e6) * 0.5)
  expect(rssMb).toBeLessThan((process.memoryUsage.rss() / 1e6) * 2)
})

test('a process that is gone used nothing', () => {
  expect(usage(2 ** 30)).toEqual({ cpuMicros: 0, rssMb: 0 })
})
