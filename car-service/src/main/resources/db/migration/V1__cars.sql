-- SPDX-License-Identifier: Apache-2.0
-- How many cars of each location nobody has booked. A booked car stays away: dates do not count.
CREATE TABLE car_locations (
  location_id text PRIMARY KEY,
  capacity    integer NOT NULL CHECK (capacity >= 0),
  available   integer NOT NULL CHECK (available >= 0),
  CHECK (available <= capacity)
) WITH (fillfactor = 50); -- few rows, updated by every booking: room for them on their own page

CREATE SEQUENCE car_reservation_number;

-- One row for each saga that took a car. A saga never gives it back, so there is no status.
CREATE TABLE car_reservations (
  reservation_id text PRIMARY KEY DEFAULT 'C-' || nextval('car_reservation_number'),
  saga_id        text NOT NULL UNIQUE, -- a second car for one saga would be an error
  booking_id     text NOT NULL,
  customer_id    text NOT NULL,
  location_id    text NOT NULL REFERENCES car_locations,
  pickup_date    date NOT NULL,
  return_date    date NOT NULL CHECK (return_date >= pickup_date),
  booked_at      timestamptz NOT NULL DEFAULT now()
);
