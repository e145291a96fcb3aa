/**
 * What one incarnation read and wrote so far: a small table from location to entry, private to the worker.
 *
 * A slot names an entry, and the entry names its slot; a slot that was left over from before names an entry that does
 * not point back. So to clear is to set the count to 0.
 */
export class Sets {
  count = 0
  /** By entry: the location, the cell that was read, the cell that was written (0 = none). */
  locations = new Int32Array(64)
  reads = new Int32Array(64)
  writes = new Int32Array(64)
  private slots = new Int32Array(256)
  private slotOf = new Int32Array(64)

  clear(): void {
    this.count = 0
  }

  /** The entry of a location, or -1. */
  find(location: number): number {
    const { slots, slotOf } = this
    const mask = slots.length - 1
    for (let slot = hashOf(location) & mask; ; slot = (slot + 1) & mask) {
      const entry = slots[slot]!
      if (entry >= this.count || slotOf[entry] !== slot) return -1
      if (this.locations[entry] === location) return entry
    }
  }

  /** A new entry of a location that has none. */
  add(location: number): number {
    if (this.count === this.locations.length) this.widen()
    const entry = this.count
    this.place(location, entry)
    this.locations[entry] = location
    this.reads[entry] = 0
    this.writes[entry] = 0
    this.count = entry + 1
    return entry
  }

  private place(location: number, entry: number): void {
    const { slots, slotOf } = this
    const mask = slots.length - 1
    let slot = hashOf(location) & mask
    while (slots[slot]! < this.count && slotOf[slots[slot]!] === slot) slot = (slot + 1) & mask
    slots[slot] = entry
    slotOf[entry] = slot
  }

  private widen(): void {
    const size = this.locations.length * 2
    const wider = (words: Int32Array) => {
      const copy = new Int32Array(size)
      copy.set(words)
      return copy
    }
    this.locations = wider(this.locations)
    this.reads = wider(this.reads)
    this.writes = wider(this.writes)
    this.slotOf = new Int32Array(size)
    this.slots = new Int32Array(size * 4)
    const { count } = this
    for (this.count = 0; this.count < count; this.count++) {
      this.place(this.locations[this.count]!, this.count)
    }
  }
}

function hashOf(location: number): number {
  const hash = Math.imul(location, 0x9e3779b1)
  return hash ^ (hash >>> 16)
}
