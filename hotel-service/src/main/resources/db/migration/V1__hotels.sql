-- SPDX-License-Identifier: Apache-2.0
CREATE TABLE hotels (
  hotel_id text PRIMARY KEY
);

-- The nights on sale. A night without a row cannot be booked.
CREATE TABLE room_nights (
  hotel_id  text NOT NULL REFERENCES hotels,
  night     date NOT NULL,
  capacity  integer NOT NULL CHECK (capacity >= 0),
  available integer NOT NULL CHECK (available >= 0),
  CHECK (available <= capacity),
  PRIMARY KEY (hotel_id, night)
) WITH (fillfactor = 50); -- few rows, updated by every booking: room for them on their own page

CREATE SEQUENCE room_reservation_number;

-- One row for each saga that took a room; it stays when the room is given back.
CREATE TABLE room_reservations (
  reservation_id text PRIMARY KEY DEFAULT 'H-' || nextval('room_reservation_number'),
  saga_id        text NOT NULL UNIQUE, -- a second room for one saga would be an error
  booking_id     text NOT NULL,
  customer_id    text NOT NULL,
  hotel_id       text NOT NULL REFERENCES hotels,
  check_in       date NOT NULL,
  check_out      date NOT NULL CHECK (check_out > check_in),
  status         text NOT NULL DEFAULT 'booked' CHECK (status IN ('booked', 'cancelled')),
  booked_at      timestamptz NOT NULL DEFAULT now(),
  cancelled_at   timestamptz
);
