import { readdirSync, readFileSync, readlinkSync } from 'node:fs'

/** What Linux tells of another process: its memory and its connections. */

const pageBytes = 4096

/** Resident memory in MB, from proc_pid_statm(5). */
export const rssOf = (pid: number): number =>
  (Number(readFileSync(`/proc/${pid}/statm`, 'latin1').split(' ')[1]) * pageBytes) / 1e6

/** How many sockets it holds, those of a connection that the other side has closed included. */
export const socketsOf = (pid: number): number => inodesOf(pid).size

/** How many of them lead to this port. */
export const socketsTo = (port: number, pid: number): number => portsTo(port, pid).length

/** From which ports of its own it is connected to this one. */
export function portsTo(port: number, pid: number): readonly number[] {
  const wanted = `:${hex(port)}`
  return connectionsOf(pid)
    .filter(({ remote }) => remote.endsWith(wanted))
    .map(({ local }) => Number.parseInt(local.slice(local.indexOf(':') + 1), 16))
}

/** How many of the connections to this port of a server the client, another process, has not any more. */
export function strandedAt(port: number, server: number, client: number): number {
  const held = new Set(connectionsOf(client).map(({ local }) => local))
  const wanted = `:${hex(port)}`
  return connectionsOf(server).filter(({ local, remote }) => local.endsWith(wanted) && !held.has(remote)).length
}

const hex = (port: number): string => port.toString(16).toUpperCase().padStart(4, '0')

type Connection = { readonly local: string; readonly remote: string }

/** From proc_pid_net(5): both ends of each, as address and port in hexadecimal. */
function connectionsOf(pid: number): readonly Connection[] {
  const held = inodesOf(pid)
  return readFileSync(`/proc/${pid}/net/tcp`, 'latin1')
    .split('\n')
    .map(line => line.trim().split(/\s+/))
    .filter(([, , , state, , , , , , inode = '']) => state !== listening && held.has(inode))
    .map(([, local = '', remote = '']) => ({ local, remote }))
}

const listening = '0A'

function inodesOf(pid: number): ReadonlySet<string> {
  const folder = `/proc/${pid}/fd`
  return new Set(readdirSync(folder).flatMap(fd => /^socket:\[(\d+)\]$/.exec(linkOf(`${folder}/${fd}`))?.[1] ?? []))
}

/** A descriptor may be closed between the listing and the look. */
function linkOf(path: string): string {
  try {
    return readlinkSync(path)
  } catch {
    return ''
  }
}

/** The median of the slopes between all pairs (Theil and Sen): a garbage collector's saw teeth do not bend it. */
export function slopeOf(points: readonly (readonly [number, number])[]): number {
  const slopes = points.flatMap(([x1, y1], i) =>
    points.slice(i + 1).flatMap(([x2, y2]) => (x1 === x2 ? [] : [(y2 - y1) / (x2 - x1)])),
  )
  return median(slopes)
}

export const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0
