-- SPDX-License-Identifier: Apache-2.0
CREATE TABLE flights (
  flight_id text PRIMARY KEY,
  capacity  integer NOT NULL CHECK (capacity >= 0),
  available integer NOT NULL CHECK (available >= 0),
  CHECK (available <= capacity)
) WITH (fillfactor = 50); -- few rows, updated by every booking: room for them on their own page

CREATE SEQUENCE seat_reservation_number;

-- One row for each saga that took a seat; it stays when the seat is given back. A seat is held until
-- the trip is complete, and then booked. held_until tells people when that should be decided: no
-- clock frees a seat, only the compensation does.
CREATE TABLE seat_reservations (
  reservation_id text PRIMARY KEY DEFAULT 'F-' || nextval('seat_reservation_number'),
  saga_id        text NOT NULL UNIQUE, -- a second seat for one saga would be an error
  booking_id     text NOT NULL,
  customer_id    text NOT NULL,
  flight_id      text NOT NULL REFERENCES flights,
  status         text NOT NULL DEFAULT 'held' CHECK (status IN ('held', 'booked', 'cancelled')),
  held_at        timestamptz NOT NULL DEFAULT now(),
  held_until     timestamptz NOT NULL,
  booked_at      timestamptz,
  cancelled_at   timestamptz
);
