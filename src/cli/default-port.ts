/** The port of a Trunkline that is told no other; `server.port` of the shipped config. */
export const defaultPort = 4000;
