# One virtual machine on Google Cloud with the compose file of this folder. An example: read it before you pay for it.
terraform {
  required_version = ">= 1.5"
  required_providers {
    google = {
      source  = "hashicorp/google"
      version = "~> 6.0"
    }
  }
}

provider "google" {
  project = var.project
  region  = var.region
  zone    = var.zone
}

# Nothing comes in but SSH through Google's identity-aware proxy; the window is reached by an SSH tunnel.
resource "google_compute_network" "tribunal" {
  name                    = "tribunal"
  auto_create_subnetworks = false
}

resource "google_compute_subnetwork" "tribunal" {
  name          = "tribunal"
  ip_cidr_range = "10.40.0.0/28"
  network       = google_compute_network.tribunal.id
}

resource "google_compute_firewall" "ssh_by_proxy" {
  name          = "tribunal-ssh-by-proxy"
  network       = google_compute_network.tribunal.id
  direction     = "INGRESS"
  source_ranges = ["35.235.240.0/20"]
  allow {
    protocol = "tcp"
    ports    = ["22"]
  }
}

resource "google_service_account" "tribunal" {
  account_id   = "tribunal"
  display_name = "Tribunal session: it has no role"
}

# The address that the exchange's key is bound to.
resource "google_compute_address" "tribunal" {
  name = "tribunal"
}

# Runs, journal key and databases. It outlives the machine.
resource "google_compute_disk" "data" {
  name = "tribunal-data"
  type = "pd-balanced"
  size = var.disk_gb
  lifecycle {
    prevent_destroy = true
  }
}

resource "google_compute_resource_policy" "daily" {
  name = "tribunal-daily"
  snapshot_schedule_policy {
    schedule {
      daily_schedule {
        days_in_cycle = 1
        start_time    = "03:00"
      }
    }
    retention_policy {
      max_retention_days = 14
    }
  }
}

resource "google_compute_disk_resource_policy_attachment" "daily" {
  name = google_compute_resource_policy.daily.name
  disk = google_compute_disk.data.name
}

resource "google_compute_instance" "tribunal" {
  name                      = "tribunal"
  machine_type              = var.machine_type
  allow_stopping_for_update = true

  boot_disk {
    initialize_params {
      image = "debian-cloud/debian-12"
      size  = 20
    }
  }

  attached_disk {
    source      = google_compute_disk.data.id
    device_name = "tribunal-data"
  }

  network_interface {
    subnetwork = google_compute_subnetwork.tribunal.id
    access_config {
      nat_ip = google_compute_address.tribunal.address
    }
  }

  shielded_instance_config {
    enable_secure_boot          = true
    enable_vtpm                 = true
    enable_integrity_monitoring = true
  }

  metadata = {
    enable-oslogin         = "TRUE"
    block-project-ssh-keys = "TRUE"
  }

  metadata_startup_script = file("${path.module}/startup.sh")

  service_account {
    email  = google_service_account.tribunal.email
    scopes = ["https://www.googleapis.com/auth/logging.write"]
  }
}
