const FUEL_PER_BYTE = 4;
const FREE_BYTES = 128;

/**
 * The fuel that the arguments of a host call cost by their bytes, besides what it takes to read them. A host needs
 * about 10 ns a byte to parse or write them, and a unit of fuel is 3 ns; and it may keep them for as long as the
 * run lasts: the default fuel is enough for 250 MB. Small ones are free.
 */
export const givenFuel = (bytes: number): number => (bytes > FREE_BYTES ? bytes * FUEL_PER_BYTE : 0);
