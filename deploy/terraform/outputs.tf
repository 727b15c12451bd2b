output "address" {
  description = "bind the exchange's key to this address"
  value       = google_compute_address.tribunal.address
}

output "tunnel" {
  description = "shows the window at http://127.0.0.1:8420 on your own machine"
  value       = "gcloud compute ssh ${google_compute_instance.tribunal.name} --tunnel-through-iap -- -N -L 8420:127.0.0.1:8420"
}
